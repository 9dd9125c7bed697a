package dev.sluice.protection;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** The counters of holds and pauses. */
final class HoldMeters {

    private final MeterRegistry registry;

    HoldMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** This node found a reason to hold. */
    void begun(String route, Hold.Reason reason) {
        Counter.builder("sluice.route.holds")
                .description("Holds that responses of the backend have begun, by reason")
                .tag("route", route)
                .tag("reason", reason.text())
                .register(registry)
                .increment();
    }

    /** A hold could not be stored and is tried again. */
    void unwritten() {
        Counter.builder("sluice.route.holds.unwritten")
                .description("Times that a hold could not be stored, so that it took effect on this node only")
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
