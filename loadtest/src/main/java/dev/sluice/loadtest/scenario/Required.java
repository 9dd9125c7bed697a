package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.rig.JournalKind;
import dev.sluice.loadtest.rig.Postgres;

/** What a scenario that breaks things cannot do without. */
final class Required {

    private Required() {}

    /** It starts gateway and backend itself. */
    static void ownProcesses(Bench bench) {
        if (!bench.get(Common.GATEWAY).isEmpty() || !bench.get(Common.BACKEND).isEmpty()) {
            throw new UsageException(
                    "gateway and backend of this scenario are its own: without --gateway and --backend");
        }
    }

    /** It starts the gateway itself. */
    static void ownGateway(Bench bench) {
        if (!bench.get(Common.GATEWAY).isEmpty()) {
            throw new UsageException("the gateway of this scenario is its own: without --gateway");
        }
    }

    /** It looks into the PostgreSQL, which it starts itself. */
    static Postgres ownPostgres(Bench bench) throws InterruptedException {
        ownGateway(bench);
        if (bench.rig().settings().journal() != JournalKind.POSTGRES) {
            throw new UsageException("this scenario is about PostgreSQL: --journal postgres");
        }
        return bench.rig()
                .postgres()
                .orElseThrow(
                        () -> new UsageException("the PostgreSQL of this scenario is its own: without --database-url"));
    }

    /** Jobs outlive the process. */
    static void durable(Bench bench) {
        if (!bench.rig().settings().journal().durable()) {
            throw new UsageException("a journal in memory keeps nothing: --journal rocksdb or postgres");
        }
    }
}
