package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Postgres;
import dev.sluice.loadtest.rig.Psql;
import java.util.ArrayList;
import java.util.List;

/** Jobs on PostgreSQL while a transaction of somebody else stays open, as that of a backup does. */
final class Snapshot implements Scenario {

    private static final Option<String> JOURNAL = Common.JOURNAL.usually("postgres");
    private static final Option<Integer> JOBS = Option.count("jobs", 30_000, 1, 5_000_000, "jobs of a round");
    private static final Option<Integer> WARMUP_JOBS =
            Option.count("warmup-jobs", 60_000, 0, 5_000_000, "jobs before the first round");
    private static final Option<Integer> ROUNDS = Common.ROUNDS.meaning("rounds beside the open transaction");

    @Override
    public String name() {
        return "snapshot";
    }

    @Override
    public String question() {
        return "Do jobs on PostgreSQL slow down beside an open transaction, while no row that they leave can be removed?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(JOBS, WARMUP_JOBS, ROUNDS, Common.CONNECTIONS, JOURNAL);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Postgres postgres = Required.ownPostgres(bench);
        Gateway gateway = bench.gateway();
        Psql psql = postgres.psql(bench.rig().settings());
        if (bench.get(WARMUP_JOBS) > 0) {
            PutThrough.run(bench, gateway, "warm-up", bench.get(WARMUP_JOBS));
        }
        double before = PutThrough.run(bench, gateway, "before", bench.get(JOBS));
        List<Double> beside = new ArrayList<>();
        try (Psql.Session other = psql.session()) {
            other.row("begin isolation level repeatable read; select count(*) from sluice.live;");
            for (int round = 1; round <= bench.get(ROUNDS); round++) {
                beside.add(PutThrough.run(bench, gateway, "beside " + round, bench.get(JOBS)));
                deadRows(bench, psql);
            }
            bench.figure(Figure.plain("dead rows of live after the last round beside", "", deadRows(bench, psql)));
            other.row("rollback; vacuum sluice.live; select 1;");
        }
        double after = PutThrough.run(bench, gateway, "after", bench.get(JOBS));
        double mean = beside.stream().mapToDouble(rate -> rate).average().orElse(0);
        bench.figure(Figure.higher("before it", "jobs/s", before));
        bench.figure(Figure.higher("beside an open transaction", "jobs/s", mean).slices(beside));
        bench.figure(Figure.higher("the last round beside it", "jobs/s", beside.get(beside.size() - 1)));
        bench.figure(Figure.higher("after it", "jobs/s", after));
        bench.residentMemory(gateway);
    }

    private static double deadRows(Bench bench, Psql psql) {
        double rows = Double.parseDouble(psql.run("select pg_stat_get_dead_tuples('sluice.live'::regclass)"));
        bench.timeline().add("Dead rows", "", "of live", rows);
        return rows;
    }
}
