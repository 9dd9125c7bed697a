package dev.sluice.journal.postgres;

import dev.sluice.journal.core.WriteMeters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** The meters of the shared journal. */
final class PostgresJournalMeters extends WriteMeters {

    private final MeterRegistry registry;
    private final Counter clashes;
    private final Counter fetched;

    PostgresJournalMeters(MeterRegistry registry) {
        super(registry);
        this.registry = registry;
        clashes = Counter.builder("sluice.journal.clashes")
                .description("Moves made again because another node moved the job first")
                .register(registry);
        fetched = Counter.builder("sluice.journal.events.fetched")
                .description("Events of other nodes read because somebody here follows their job")
                .register(registry);
    }

    /** Returns the meters of batches of one kind. */
    Batches batches(String kind) {
        return new Batches(
                Timer.builder("sluice.journal.statements")
                        .description("A batch's way to the database and back")
                        .tag("kind", kind)
                        .register(registry),
                DistributionSummary.builder("sluice.journal.batch")
                        .description("Changes written together")
                        .tag("kind", kind)
                        .register(registry));
    }

    record Batches(Timer time, DistributionSummary size) {
        void done(int changes, long nanos) {
            time.record(nanos, TimeUnit.NANOSECONDS);
            size.record(changes);
        }
    }

    void connections(Database database) {
        Gauge.builder("sluice.journal.connections", database, Database::used)
                .description("Connections to the database")
                .tag("state", "used")
                .register(registry);
        Gauge.builder("sluice.journal.connections", database, Database::idle)
                .description("Connections to the database")
                .tag("state", "idle")
                .register(registry);
    }

    void clashed() {
        clashes.increment();
    }

    void fetched(int events) {
        fetched.increment(events);
    }
}
