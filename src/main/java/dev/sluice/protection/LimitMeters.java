package dev.sluice.protection;

import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import dev.sluice.route.RouteChange;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The meters of the adaptive concurrency; forgets with them what is known of a route that is gone. */
final class LimitMeters {

    private final MeterRegistry registry;
    private final CurrentRoutes routes;
    private final AdaptiveConcurrency limits;
    private final Map<String, Gauge> gauges = new ConcurrentHashMap<>();

    LimitMeters(MeterRegistry registry, CurrentRoutes routes, AdaptiveConcurrency limits) {
        this.registry = registry;
        this.routes = routes;
        this.limits = limits;
    }

    void follow(RouteChange change) {
        for (Route route : change.removed()) {
            limits.forget(route.id());
            Gauge gauge = gauges.remove(route.id());
            if (gauge != null) {
                registry.remove(gauge);
            }
        }
        change.added().forEach(route -> gauges.put(route.id(), gauge(route.id())));
    }

    private Gauge gauge(String id) {
        return Gauge.builder("sluice.limit", routes, source -> limit(source, id))
                .description("Calls of the backend that may run at once, on this node or on all nodes if they share it")
                .tag("route", id)
                .register(registry);
    }

    private double limit(CurrentRoutes source, String id) {
        return source.byId(id).map(route -> limits.limit(route.call())).orElse(0);
    }
}
