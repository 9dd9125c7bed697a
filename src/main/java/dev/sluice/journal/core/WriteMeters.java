package dev.sluice.journal.core;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** What every engine counts of its writing. */
public class WriteMeters {

    private final Counter failures;
    private final Counter errors;

    /** Registers them. */
    public WriteMeters(MeterRegistry registry) {
        failures = Counter.builder("sluice.journal.write.failures")
                .description("Groups that could not be written")
                .register(registry);
        errors = Counter.builder("sluice.journal.writer.errors")
                .description("Unexpected errors on the writer's thread")
                .register(registry);
    }

    /** A group could not be written. */
    public final void writeFailed() {
        failures.increment();
    }

    /** Something failed that must not: a mistake of ours. */
    public final void mistaken() {
        errors.increment();
    }
}
