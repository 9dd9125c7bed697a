package dev.sluice.protection;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/** The meters of the circuit breakers. */
final class BreakerMeters {

    private final MeterRegistry registry;

    BreakerMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Shows the state of a route's breaker, for as long as {@code holder} is used. */
    void show(String route, Object holder, Supplier<BreakerState> state) {
        Gauge.builder("sluice.breaker.state", holder, any -> state.get().number())
                .description("Circuit breaker: 0 closed, 1 ramping, 2 half-open, 3 open")
                .tag("route", route)
                .register(registry);
    }

    void changed(String route, BreakerState to) {
        Counter.builder("sluice.breaker.transitions")
                .description("Changes of the circuit breaker, by the new state")
                .tag("route", route)
                .tag("to", to.text())
                .register(registry)
                .increment();
    }

    /** A connection was tried as a probe. */
    void connected(String route, boolean success) {
        Counter.builder("sluice.breaker.connections")
                .description("Connections tried to find out whether an unreachable backend is back")
                .tag("route", route)
                .tag("outcome", success ? "connected" : "failed")
                .register(registry)
                .increment();
    }

    /** Jobs could have been claimed and were not. */
    void prevented(String route) {
        Counter.builder("sluice.breaker.prevented")
                .description("Claims that did not ask for jobs of the route because its circuit breaker was open")
                .tag("route", route)
                .register(registry)
                .increment();
    }

    /** Counts a restart of a pipeline after an unexpected error. */
    void restarted(String pipeline) {
        Counter.builder("sluice.pipeline.restarts")
                .description("Restarts of a long-lived pipeline after an unexpected error")
                .tag("pipeline", pipeline)
                .register(registry)
                .increment();
    }
}
