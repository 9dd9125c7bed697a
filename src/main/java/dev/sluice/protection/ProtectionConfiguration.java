package dev.sluice.protection;

import dev.sluice.backend.Backend;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.SharedValues;
import dev.sluice.route.CurrentRoutes;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Configures what protects the backends. */
@Configuration(proxyBeanMethods = false)
class ProtectionConfiguration {

    @Bean
    Changes protectionChanges() {
        return new Changes();
    }

    @Bean
    RouteEvents routeEvents() {
        return new RouteEvents();
    }

    @Bean
    AdaptiveConcurrency adaptiveConcurrency(JobReader journal) {
        return new AdaptiveConcurrency(() -> journal.backlog().nodes());
    }

    @Bean
    LimitMeters limitMeters(MeterRegistry registry, CurrentRoutes routes, AdaptiveConcurrency limits) {
        LimitMeters meters = new LimitMeters(registry, routes, limits);
        routes.follow(meters::follow);
        return meters;
    }

    @Bean
    RateProtection rateProtection(JobReader journal, CurrentRoutes routes) {
        RateProtection rates = new RateProtection(() -> journal.backlog().nodes());
        routes.follow(change -> change.removed().forEach(route -> rates.forget(route.id())));
        return rates;
    }

    @Bean
    ReceiverLimits receiverLimits(Changes protectionChanges) {
        return new ReceiverLimits(protectionChanges);
    }

    @Bean
    Protections protections(ObjectProvider<Protection> all, Changes protectionChanges) {
        return new Protections(all.orderedStream().toList(), protectionChanges);
    }

    @Bean
    BreakerMeters breakerMeters(MeterRegistry registry) {
        return new BreakerMeters(registry);
    }

    @Bean(destroyMethod = "close")
    SharedFindings findings(SharedValues journal, BreakerMeters meters) {
        return new SharedFindings(journal, meters);
    }

    @Bean
    Breakers breakers(
            Backend backend,
            Findings findings,
            JobReader journal,
            BreakerMeters meters,
            RouteEvents events,
            Changes protectionChanges,
            Clock clock) {
        return new Breakers(
                backend, findings, () -> journal.backlog().nodes() > 1, meters, events, protectionChanges, clock);
    }

    @Bean
    RetryBudget retryBudget(Breakers breakers, Changes protectionChanges) {
        return new RetryBudget(breakers::isTroubled, protectionChanges);
    }
}
