package dev.sluice.journal.core;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** The write meters common to all engines. */
public class WriteMeters {

    private final Counter failures;
    private final Counter errors;

    /** Registers the meters. */
    public WriteMeters(MeterRegistry registry) {
        failures = Counter.builder("sluice.journal.write.failures")
                .description("Batches that could not be written")
                .register(registry);
        errors = Counter.builder("sluice.journal.writer.errors")
                .description("Unexpected errors on the writer's thread")
                .register(registry);
    }

    /** Counts a batch that could not be written. */
    public final void writeFailed() {
        failures.increment();
    }

    /** Counts a failure that is a bug. */
    public final void mistaken() {
        errors.increment();
    }
}
