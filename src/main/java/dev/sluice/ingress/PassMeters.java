package dev.sluice.ingress;

import dev.sluice.route.AdmissionPolicy;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The meter of what is passed through, looked up once for each route. */
final class PassMeters {

    private final MeterRegistry registry;
    private final Map<String, Counter> byRoute = new ConcurrentHashMap<>();

    PassMeters(MeterRegistry registry, CurrentRoutes routes) {
        this.registry = registry;
        routes.follow(change -> {
            change.added().forEach(this::add);
            change.changed().forEach(this::add); // its mode may be another one
        });
    }

    private void add(Route route) {
        if (route.admission().mode() == AdmissionPolicy.Mode.SYNC) {
            byRoute.put(
                    route.id(),
                    Counter.builder("sluice.passed")
                            .description("Requests passed through, whose whole answer the client was given")
                            .tag("route", route.id())
                            .register(registry));
        }
    }

    void passed(Route route) {
        Counter counter = byRoute.get(route.id());
        if (counter != null) {
            counter.increment();
        }
    }
}
