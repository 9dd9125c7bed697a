package dev.sluice.protection;

import dev.sluice.route.CurrentRoutes;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The gauges of what holds each route, which come and go with the routes. */
final class HoldGauges {

    private static final String PAUSED = "sluice.route.paused";
    private static final String HELD = "sluice.route.held";
    private static final String CALLERS = "sluice.route.held.callers";

    private final MeterRegistry registry;
    private final Holds holds;
    private final Pauses pauses;
    private final Clock clock;

    HoldGauges(MeterRegistry registry, CurrentRoutes routes, Holds holds, Pauses pauses, Clock clock) {
        this.registry = registry;
        this.holds = holds;
        this.pauses = pauses;
        this.clock = clock;
        routes.follow(change -> {
            change.removed().forEach(route -> hide(route.id()));
            change.added().forEach(route -> show(route.id()));
        });
    }

    private void show(String route) {
        gauge(PAUSED, "1 while an operator has paused the route", route, pauses, all -> all.of(route) == null ? 0 : 1);
        gauge(HELD, "1 while no job of the route is started because its backend asked for that", route, holds, all -> {
            List<Hold> active = all.of(route, clock.instant());
            return active.isEmpty() || active.get(0).caller() != null ? 0 : 1;
        });
        gauge(
                CALLERS,
                "Callers whose jobs are not started because the backend asked for that",
                route,
                holds,
                all -> all.of(route, clock.instant()).stream()
                        .filter(hold -> hold.caller() != null)
                        .count());
    }

    private <T> void gauge(String name, String description, String route, T source, ToDoubleFunction<T> value) {
        Gauge.builder(name, source, value)
                .description(description)
                .tag("route", route)
                .register(registry);
    }

    private void hide(String route) {
        for (String name : List.of(PAUSED, HELD, CALLERS)) {
            registry.find(name).tag("route", route).meters().forEach(registry::remove);
        }
    }
}
