package dev.sluice.reload;

import dev.sluice.protection.RouteEvents;
import dev.sluice.route.ConfigurationReader;
import dev.sluice.route.CurrentRoutes;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Configures the reloading of routes. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ReloadProperties.class)
class ReloadConfiguration {

    /** How many requests for a reload may wait. */
    private static final int MOST_WAITING = 1_000;

    private static final Duration IDLE = Duration.ofMinutes(1);

    @Bean(destroyMethod = "dispose")
    Scheduler reloadScheduler() {
        return Schedulers.newBoundedElastic(1, MOST_WAITING, "sluice-reload", (int) IDLE.toSeconds(), true);
    }

    @Bean
    RouteReload routeReload(
            ConfigurationReader reader,
            CurrentRoutes routes,
            RouteEvents events,
            MeterRegistry registry,
            Clock clock,
            Scheduler reloadScheduler) {
        return new RouteReload(reader, routes, events, new ReloadMeters(registry), clock, reloadScheduler);
    }

    @Bean
    @ConditionalOnBooleanProperty(name = "sluice.reload.watch", matchIfMissing = true)
    FileWatch fileWatch(RouteReload reload, Scheduler reloadScheduler) {
        return new FileWatch(reload, reloadScheduler);
    }

    @Bean
    ReactiveHealthIndicator reloadHealthIndicator(RouteReload reload) {
        return new ReloadHealthIndicator(reload);
    }
}
