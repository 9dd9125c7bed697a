package dev.sluice.management;

import dev.sluice.journal.JournalUpkeep;
import dev.sluice.protection.Breakers;
import dev.sluice.protection.Drain;
import dev.sluice.protection.Holds;
import dev.sluice.protection.Pauses;
import dev.sluice.route.ConfigurationException;
import dev.sluice.route.CurrentRoutes;
import java.time.Clock;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;

/** Configures what the management listener needs beyond Spring Boot's own configuration. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ManagementProperties.class)
class ManagementConfiguration {

    /** Checks also that the listeners have different ports: Spring Boot would serve both from one. */
    @Bean
    ReactiveHealthIndicator journalHealthIndicator(
            JournalUpkeep journal, ManagementProperties properties, @Value("${server.port:8080}") int publicPort) {
        if (properties.port() == publicPort && publicPort != 0) {
            throw new ConfigurationException(
                    "sluice.management.port", properties.port(), "a port other than that of server.port");
        }
        return new JournalHealthIndicator(journal);
    }

    @Bean
    ReactiveHealthIndicator breakersHealthIndicator(CurrentRoutes routes, Breakers breakers) {
        return new BreakersHealthIndicator(routes, breakers);
    }

    @Bean
    ReactiveHealthIndicator holdsHealthIndicator(CurrentRoutes routes, Pauses pauses, Holds holds, Clock clock) {
        return new HoldsHealthIndicator(routes, pauses, holds, clock);
    }

    @Bean
    ReactiveHealthIndicator drainHealthIndicator(Drain drain) {
        return new DrainHealthIndicator(drain);
    }

    /** Watches the event loops that both listeners and the backend client share. */
    @Bean
    EventLoopWatch eventLoopWatch(ReactorResourceFactory resources, ApplicationEventPublisher publisher) {
        return new EventLoopWatch(
                () -> resources.getLoopResources().onServer(LoopResources.DEFAULT_NATIVE),
                state -> AvailabilityChangeEvent.publish(publisher, resources, state),
                Schedulers.parallel());
    }

    @Bean(destroyMethod = "leave")
    MemoryWatch memoryWatch() {
        return MemoryWatch.begin();
    }
}
