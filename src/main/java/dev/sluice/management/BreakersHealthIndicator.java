package dev.sluice.management;

import dev.sluice.protection.BreakerState;
import dev.sluice.protection.BreakerStatus;
import dev.sluice.protection.Breakers;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Mono;

/**
 * Which routes have a circuit breaker that is not closed. Always up: the gateway works, and accepts jobs for them; a node that was
 * restarted, or taken out of service, because a backend is away would help nobody.
 */
final class BreakersHealthIndicator implements ReactiveHealthIndicator {

    private final CurrentRoutes routes;
    private final Breakers breakers;

    BreakersHealthIndicator(CurrentRoutes routes, Breakers breakers) {
        this.routes = routes;
        this.breakers = breakers;
    }

    @Override
    public Mono<Health> health() {
        return Mono.fromSupplier(() -> {
            Health.Builder health = Health.up();
            for (Route route : routes.all()) {
                BreakerStatus status = breakers.of(route.id());
                if (route.call().breaker() && status.state() != BreakerState.CLOSED) {
                    health.withDetail(route.id(), RouteSummary.Breaker.of(status));
                }
            }
            return health.build();
        });
    }
}
