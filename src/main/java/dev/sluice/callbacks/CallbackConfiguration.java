package dev.sluice.callbacks;

import dev.sluice.job.JobIds;
import dev.sluice.journal.FollowUps;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.JobJson;
import dev.sluice.route.InternalRoute;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Configures the callbacks. Without allowed hosts no request may ask for one, but those of jobs that were accepted before, or by
 * another node, are not forgotten: their deliveries fail, which operators see and can redrive.
 */
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
    InternalRoute callbackRoute(CallbackProperties properties) {
        return DeliveryRoute.of(properties);
    }

    /** Its ids carry the time of the end; the gateway's own clock may be the journal's, which is opened with this. */
    @Bean
    FollowUps callbackFollowUps(CallbackProperties properties, JobJson jobs, GroupJson groups) {
        return new CallbackFollowUps(DeliveryRoute.of(properties).route(), new JobIds(Clock.systemUTC()), jobs, groups);
    }
}
