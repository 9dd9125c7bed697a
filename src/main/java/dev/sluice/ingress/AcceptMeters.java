package dev.sluice.ingress;

import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The meters of accepting, looked up once for each route. */
final class AcceptMeters {

    private record Meters(Counter accepted, Timer time) {}

    private final Map<String, Meters> byRoute = new ConcurrentHashMap<>();

    AcceptMeters(MeterRegistry registry, CurrentRoutes routes) {
        routes.follow(change -> {
            for (Route route : change.added()) {
                byRoute.put(
                        route.id(),
                        new Meters(
                                Counter.builder("sluice.accepted")
                                        .description("Requests made a job and answered with 202")
                                        .tag("route", route.id())
                                        .register(registry),
                                Timer.builder("sluice.accept")
                                        .description("Time from the head of a request until it is on stable storage")
                                        .tag("route", route.id())
                                        .register(registry)));
            }
        });
    }

    void accepted(Route route, long nanos) {
        Meters meters = byRoute.get(route.id());
        if (meters != null) {
            meters.accepted().increment();
            meters.time().record(nanos, TimeUnit.NANOSECONDS);
        }
    }
}
