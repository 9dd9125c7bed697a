package dev.sluice.backend;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Timers of the calls with one policy id, by outcome. */
final class BackendMeters {

    /**
     * Timer of the calls. Tags: {@code route}; {@code outcome}: {@code answered}, the name of a problem,
     * {@code cancelled}, or {@code error} for a mistake of the gateway.
     */
    static final String CALLS = "sluice.backend.calls";

    private final MeterRegistry registry;
    private final String route;
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();

    BackendMeters(MeterRegistry registry, String route) {
        this.registry = registry;
        this.route = route;
    }

    void record(Outcome<?> outcome, long startedNanos) {
        record(
                outcome instanceof Outcome.Failed<?> failed
                        ? failed.failure().problem().text()
                        : "answered",
                startedNanos);
    }

    void cancelled(long startedNanos) {
        record("cancelled", startedNanos);
    }

    void error(long startedNanos) {
        record("error", startedNanos);
    }

    private void record(String outcome, long startedNanos) {
        timers.computeIfAbsent(outcome, this::timer).record(System.nanoTime() - startedNanos, TimeUnit.NANOSECONDS);
    }

    private Timer timer(String outcome) {
        return Timer.builder(CALLS)
                .description("Calls of the backend")
                .tag("route", route)
                .tag("outcome", outcome)
                .register(registry);
    }
}
