package dev.sluice.callbacks;

import dev.sluice.job.JobIds;
import dev.sluice.journal.FollowUps;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.JobJson;
import dev.sluice.route.InternalRoute;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Configures the callbacks; without allowed hosts there is no route for them, and no end has any. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CallbackProperties.class)
class CallbackConfiguration {

    @Bean
    Receivers receivers(CallbackProperties properties) {
        return new Receivers(properties.allowedHosts(), properties.allowPrivateAddresses());
    }

    @Bean
    Signer callbackSigner(CallbackProperties properties) {
        return new Signer(properties.secrets());
    }

    @Bean
    @Nullable
    InternalRoute callbackRoute(CallbackProperties properties) {
        return properties.allowedHosts().isEmpty() ? null : DeliveryRoute.of(properties);
    }

    /** Its ids carry the time of the end; the gateway's own clock may be the journal's, which is opened with this. */
    @Bean
    FollowUps callbackFollowUps(CallbackProperties properties, JobJson jobs, GroupJson groups) {
        return properties.allowedHosts().isEmpty()
                ? FollowUps.NONE
                : new CallbackFollowUps(
                        DeliveryRoute.of(properties).route(), new JobIds(Clock.systemUTC()), jobs, groups);
    }
}
