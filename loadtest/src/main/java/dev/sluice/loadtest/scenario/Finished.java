package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Http;
import dev.sluice.loadtest.rig.Postgres;
import dev.sluice.loadtest.rig.Psql;
import dev.sluice.loadtest.rig.RigException;
import dev.sluice.loadtest.rig.StatementLog;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Claims, pages of the list and purges in PostgreSQL beside few and beside many finished jobs. */
final class Finished implements Scenario {

    private static final String CLAIM = "with t as materialized (select millis() as now),";
    private static final int FEW = 30_000; // enough for a page with a filter to have its 10,000 jobs to look at
    private static final int AT_ONCE = 250_000;
    private static final int PURGED = 5_120; // twenty steps
    private static final int PAGES = 20;
    private static final Duration LONGEST_PURGE = Duration.ofMinutes(3);
    private static final Option<String> JOURNAL = Common.JOURNAL.usually("postgres");
    private static final Option<Integer> MANY =
            Option.count("finished", 1_000_000, 30_000, 100_000_000, "finished jobs; about 1 KB of disk each");
    private static final Option<Integer> JOBS =
            Option.count("jobs", 10_000, 1, 1_000_000, "jobs that are put through beside them, to see claims");
    private static final Option<Integer> WARMUP_JOBS =
            Option.count("warmup-jobs", 20_000, 1, 5_000_000, "jobs before that");

    @Override
    public String name() {
        return "finished";
    }

    @Override
    public String question() {
        return "What do claims, lists and purges take in PostgreSQL beside many finished jobs, and beside few?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(MANY, JOBS, WARMUP_JOBS, Common.CONNECTIONS, JOURNAL);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Postgres postgres = Required.ownPostgres(bench);
        Gateway gateway = bench.gateway();
        Psql psql = postgres.psql(bench.rig().settings());
        PutThrough.run(bench, gateway, "warm-up", bench.get(WARMUP_JOBS));
        psql.run(
                "alter system set log_min_duration_statement = 0",
                "alter system set log_parameter_max_length = 0",
                "select pg_reload_conf()");
        Look look = new Look(bench, gateway, psql, new StatementLog(postgres.log()));
        look.fill(FEW);
        look.measure("few");
        look.fill(bench.get(MANY));
        bench.figure(Figure.plain(
                "size of the database",
                "MiB",
                Double.parseDouble(psql.run("select pg_database_size(current_database())")) / 1048576));
        look.measure("many");
        bench.residentMemory(gateway);
    }

    private static final class Look {

        private final Bench bench;
        private final Gateway gateway;
        private final Psql psql;
        private final StatementLog log;

        /** Older than what ran, as ids say: they begin with milliseconds. */
        private long next = Instant.now().minus(Duration.ofDays(2)).toEpochMilli();

        private long middle;

        private Look(Bench bench, Gateway gateway, Psql psql, StatementLog log) {
            this.bench = bench;
            this.gateway = gateway;
            this.psql = psql;
            this.log = log;
        }

        /** Adds copies of a real finished job. */
        private void fill(int jobs) throws Exception {
            long first = next;
            String script = resource();
            try (var phase = bench.phase("filling", jobs)) {
                for (int left = jobs; left > 0; ) {
                    int count = Math.min(left, AT_ONCE);
                    psql.script(script, Map.of("count", Integer.toString(count), "first", Long.toString(next)));
                    next += count;
                    left -= count;
                    phase.done().add(count);
                }
                psql.run(
                        "vacuum (analyze) sluice.job",
                        "vacuum (analyze) sluice.outcome",
                        "vacuum (analyze) sluice.event",
                        "checkpoint");
            }
            middle = (first + next) / 2;
        }

        private static String resource() throws IOException {
            try (InputStream in = Finished.class.getResourceAsStream("/postgres/fill.sql")) {
                if (in == null) {
                    throw new RigException("the kit lacks postgres/fill.sql");
                }
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }

        private void measure(String beside) throws Exception {
            log.mark();
            double rate = PutThrough.run(bench, gateway, "jobs beside " + beside, bench.get(JOBS));
            bench.figure(Figure.higher("end to end beside " + beside, "jobs/s", rate));
            state("claim", beside, log.millis(CLAIM + " f as materialized"));
            state("claim in turns", beside, log.millis(CLAIM + " u as materialized"));
            try (var phase = bench.phase("lists beside " + beside, Duration.ofSeconds(10))) {
                String cursor = psql.run(
                        "select translate(rtrim(encode(uuid_send(id), 'base64'), '='), '+/', '-_') from sluice.job where id >= "
                                + id(middle) + " order by id limit 1");
                pages("limit=100&cursor=" + cursor); // warms up
                list("first page", beside, "limit=100");
                list("from the middle", beside, "limit=100&cursor=" + cursor);
                String filter = "limit=100&route=e2e&state=";
                list("route and state, first page", beside, filter + "succeeded");
                list("route and state, from the middle", beside, filter + "succeeded&cursor=" + cursor);
                list("route and state, nothing found", beside, filter + "failed&cursor=" + cursor);
                phase.done().add(1);
            }
            purge(beside);
        }

        private static String id(long millis) {
            return "(lpad(to_hex(" + millis + "), 12, '0') || repeat('0', 20))::uuid";
        }

        private void list(String what, String beside, String query) {
            log.mark();
            state("list, " + what, beside, pages(query));
            state("list, " + what + ", its statement", beside, log.millis("with look as materialized"));
        }

        private List<Double> pages(String query) {
            URI url = gateway.management()
                    .orElseThrow(() -> new RigException("there is no management listener"))
                    .resolve("/jobs?" + query);
            List<Double> millis = new ArrayList<>();
            for (int i = 0; i < PAGES; i++) {
                long begun = System.nanoTime();
                Http.get(url);
                millis.add((System.nanoTime() - begun) / 1e6);
            }
            return millis;
        }

        /** Lets some of the oldest expire and waits for the gateway's purge, which comes once a minute. */
        private void purge(String beside) throws InterruptedException {
            long buried = buried();
            log.mark();
            try (var phase = bench.phase("purge beside " + beside, Duration.ofMinutes(1))) {
                psql.run(
                        "update sluice.outcome set expires_at = 0 where id in (select id from sluice.outcome where id < "
                                + id(next) + " order by id limit " + PURGED + ")");
                while (buried() < buried + PURGED && phase.seconds() < LONGEST_PURGE.toSeconds()) {
                    Thread.sleep(1_000); // it can only be asked
                }
            }
            bench.accounts().zero("expired jobs that were not purged", Math.max(0, buried + PURGED - buried()));
            Thread.sleep(1_000); // the last statement may not be logged yet
            state("purge, a step", beside, log.millis("with found as materialized (select id, expires_at"));
        }

        private long buried() {
            return Long.parseLong(psql.run("select count(*) from sluice.tombstone"));
        }

        private void state(String what, String beside, List<Double> millis) {
            String name = what + ", beside " + beside;
            if (millis.isEmpty()) {
                bench.note("Nothing was logged of: " + name);
                return;
            }
            bench.figure(Figure.lower(name + ", p50", "ms", Spread.at(millis, 50)));
            bench.figure(Figure.lower(name + ", p99", "ms", Spread.at(millis, 99)));
        }
    }
}
