package dev.sluice.journal.embedded;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** What the journal counts. */
final class JournalMeters {

    private final Timer synced;
    private final Timer unsynced;
    private final DistributionSummary group;
    private final Counter failures;
    private final Counter errors;

    JournalMeters(MeterRegistry registry) {
        synced = commits(registry, "true");
        unsynced = commits(registry, "false");
        group = DistributionSummary.builder("sluice.journal.group")
                .description("Changes written together")
                .register(registry);
        failures = Counter.builder("sluice.journal.write.failures")
                .description("Groups that could not be written")
                .register(registry);
        errors = Counter.builder("sluice.journal.writer.errors")
                .description("Unexpected errors on the writer's thread")
                .register(registry);
    }

    void committed(int changes, boolean sync, long nanos) {
        (sync ? synced : unsynced).record(nanos, TimeUnit.NANOSECONDS);
        group.record(changes);
    }

    void writeFailed() {
        failures.increment();
    }

    void writerErrors() {
        errors.increment();
    }

    private static Timer commits(MeterRegistry registry, String synced) {
        return Timer.builder("sluice.journal.commits")
                .description("Staging, writing and syncing one group")
                .tag("synced", synced)
                .register(registry);
    }
}
