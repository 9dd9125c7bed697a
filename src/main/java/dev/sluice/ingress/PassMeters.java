package dev.sluice.ingress;

import dev.sluice.route.AdmissionPolicy;
import dev.sluice.route.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;

/** The meter of what is passed through, looked up once for each route. */
final class PassMeters {

    private final Map<String, Counter> byRoute = new HashMap<>();

    PassMeters(MeterRegistry registry, Iterable<Route> routes) {
        for (Route route : routes) {
            if (route.admission().mode() == AdmissionPolicy.Mode.SYNC) {
                byRoute.put(
                        route.id(),
                        Counter.builder("sluice.passed")
                                .description("Requests passed through, whose whole answer the client was given")
                                .tag("route", route.id())
                                .register(registry));
            }
        }
    }

    void passed(Route route) {
        Counter counter = byRoute.get(route.id());
        if (counter != null) {
            counter.increment();
        }
    }
}
