package dev.sluice.journal.embedded;

import dev.sluice.journal.core.WriteMeters;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The meters of the embedded journal. */
final class EmbeddedJournalMeters extends WriteMeters {

    private final Timer synced;
    private final Timer unsynced;
    private final DistributionSummary batch;

    EmbeddedJournalMeters(MeterRegistry registry) {
        super(registry);
        synced = commits(registry, "true");
        unsynced = commits(registry, "false");
        batch = DistributionSummary.builder("sluice.journal.batch")
                .description("Changes written together")
                .register(registry);
    }

    /** Registers the gauges of the stores: those in which a damaged file was found, and the native memory of both. */
    static void stores(MeterRegistry registry, Stores stores) {
        Gauge.builder("sluice.journal.memory", stores, Stores::memory)
                .description("Native memory in use for write buffers and cached blocks")
                .baseUnit(BaseUnits.BYTES)
                .register(registry);
        Gauge.builder("sluice.journal.damaged", stores, EmbeddedJournalMeters::damaged)
                .description("Databases of the journal in which a damaged file was found")
                .register(registry);
    }

    private static long damaged(Stores stores) {
        return Stream.of(stores.main(), stores.bodies())
                .filter(store -> store.damage() != null)
                .count();
    }

    void committed(int changes, boolean sync, long nanos) {
        (sync ? synced : unsynced).record(nanos, TimeUnit.NANOSECONDS);
        batch.record(changes);
    }

    private static Timer commits(MeterRegistry registry, String synced) {
        return Timer.builder("sluice.journal.commits")
                .description("Staging, writing and syncing one batch")
                .tag("synced", synced)
                .register(registry);
    }
}
