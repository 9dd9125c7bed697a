package dev.sluice.protection;

import dev.sluice.journal.SharedValues;
import dev.sluice.route.CurrentRoutes;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Configures what backends ask to be held back, and what operators hold back. */
@Configuration(proxyBeanMethods = false)
class HoldConfiguration {

    @Bean
    HoldMeters holdMeters(MeterRegistry registry) {
        return new HoldMeters(registry);
    }

    @Bean(destroyMethod = "close")
    Holds holds(SharedValues journal, RouteEvents events, Changes changes, HoldMeters meters, Clock clock) {
        return new Holds(journal, events, changes, meters, clock);
    }

    @Bean(destroyMethod = "close")
    Pauses pauses(SharedValues journal, RouteEvents events, Changes changes, HoldMeters meters, Clock clock) {
        return new Pauses(journal, events, changes, meters, clock);
    }

    @Bean
    Drain drain(Changes changes, Clock clock) {
        return new Drain(changes, clock);
    }

    @Bean
    HoldGauges holdGauges(MeterRegistry registry, CurrentRoutes routes, Holds holds, Pauses pauses, Clock clock) {
        return new HoldGauges(registry, routes, holds, pauses, clock);
    }
}
