package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.CountingBackend;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.GatewaySetup;
import dev.sluice.loadtest.rig.JournalKind;
import dev.sluice.loadtest.rig.Postgres;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.HdrHistogram.Histogram;

/** Several gateways on one PostgreSQL: what sharing costs, and what happens to the work of one that dies. */
final class Nodes implements Scenario {

    private static final Option<String> JOURNAL = Common.JOURNAL.usually("postgres");
    private static final Option<Integer> NODES = Option.count("nodes", 2, 1, 8, "gateways");
    private static final Option<Integer> JOBS =
            Option.count("jobs", 20_000, 0, 5_000_000, "jobs sent as fast as they are taken, to all of them in turn");
    private static final Option<Integer> WARMUP_JOBS =
            Option.count("warmup-jobs", 20_000, 0, 5_000_000, "jobs before these");
    private static final Option<Integer> RATE = Common.RATE.usually("100");
    private static final Option<Duration> DURATION =
            Common.DURATION.usually("60s").meaning("how long jobs are sent while one is killed");
    private static final Option<Duration> WORK = Common.WORK.usually("200ms");
    private static final Option<Duration> LEASE =
            Option.duration("lease", "10s", "how long a silent node keeps its jobs (sluice.queue.lease)");
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Override
    public String name() {
        return "nodes";
    }

    @Override
    public String question() {
        return "What does it cost to share a PostgreSQL, and how soon is the work of a killed node taken over?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(NODES, JOBS, WARMUP_JOBS, RATE, DURATION, WORK, LEASE, Common.CONNECTIONS, JOURNAL);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Required.ownProcesses(bench);
        if (bench.rig().settings().journal() != JournalKind.POSTGRES) {
            throw new UsageException("several nodes share a PostgreSQL: --journal postgres");
        }
        try (CountingBackend backend = new CountingBackend(bench.get(WORK))) {
            List<Victim> nodes = new ArrayList<>();
            for (int i = 1; i <= bench.get(NODES); i++) {
                GatewaySetup setup = Workload.prepared(bench.rig().setup(backend.base()))
                        .with("--sluice.queue.lease=" + bench.get(LEASE).toMillis() + "ms")
                        .with("--sluice.routes.e2e.backend=" + bench.backend().base());
                nodes.add(new Victim(bench, i == 1 ? "gateway" : "gateway-" + i, setup));
            }
            List<URI> bases = nodes.stream().map(node -> node.gateway().base()).toList();
            fast(bench, "warm-up", nodes, bases, bench.get(WARMUP_JOBS));
            fast(bench, "end to end", nodes, bases, bench.get(JOBS));
            try (Workload workload = new Workload(bench, bases, backend)) {
                long killed = kill(bench, nodes, workload);
                workload.settle(nodes.stream().map(Victim::gateway).toList());
                takenOver(bench, backend, killed);
            }
        }
    }

    /** Jobs as fast as they are taken, spread over all nodes; what they cost the nodes and the database. */
    private static void fast(Bench bench, String name, List<Victim> nodes, List<URI> bases, int jobs) throws Exception {
        if (jobs == 0) {
            return;
        }
        List<Gateway> gateways = nodes.stream().map(Victim::gateway).toList();
        Optional<Postgres> postgres = bench.rig().postgres();
        List<String> paths = new ArrayList<>(jobs);
        Duration before = processor(gateways);
        Duration database = postgres.map(Postgres::processor).orElse(Duration.ZERO);
        OptionalLong log = logBytes(postgres);
        Phase phase = bench.phase(name, jobs);
        try (phase) {
            Submitting posts = new Submitting(bases.get(0), "/e2e", phase, paths::add);
            new ClosedLoop(bases, bench.get(Common.CONNECTIONS)).run(posts, jobs, LIMIT);
            Settling.await(gateways);
        }
        JobAudit.look(bases, paths).settle(bench.accounts());
        if (name.equals("warm-up")) {
            return;
        }
        bench.figure(Figure.higher("end to end, until the last is stored", "jobs/s", jobs / phase.seconds()));
        bench.figure(per10000("of all gateways", processor(gateways).minus(before), jobs));
        postgres.ifPresent(server ->
                bench.figure(per10000("of PostgreSQL", server.processor().minus(database), jobs)));
        OptionalLong logAfter = logBytes(postgres);
        if (log.isPresent() && logAfter.isPresent()) {
            bench.figure(Figure.lower(
                    "log of PostgreSQL per job", "bytes", (double) (logAfter.getAsLong() - log.getAsLong()) / jobs));
        }
        bench.latencies("202 of a closed loop", phase);
    }

    private static OptionalLong logBytes(Optional<Postgres> postgres) {
        return postgres.map(Postgres::logBytes).orElse(OptionalLong.empty());
    }

    private static Figure per10000(String whose, Duration used, int jobs) {
        return Figure.lower("processor time per 10,000 jobs, " + whose, "s", used.toNanos() / 1e9 * 10_000 / jobs);
    }

    private static Duration processor(List<Gateway> gateways) {
        return gateways.stream().map(Gateway::processor).reduce(Duration.ZERO, Duration::plus);
    }

    /** Kills the last node in the middle, and starts it again when its leases have ended. Returns when it was killed. */
    private static long kill(Bench bench, List<Victim> nodes, Workload workload) throws Exception {
        Victim last = nodes.get(nodes.size() - 1);
        Duration time = bench.get(DURATION);
        Phase phase = bench.phase("one node is killed", time);
        long killed;
        try (phase;
                Background load = Background.of(() -> workload.run(bench.get(RATE), phase))) {
            workload.awaitMore(load);
            Thread.sleep(time.toMillis() / 3);
            killed = System.nanoTime();
            last.kill();
            bench.say("kill -9 of one of " + nodes.size() + " after " + workload.accepted() + " jobs");
            if (nodes.size() > 1) {
                Thread.sleep(bench.get(LEASE).toMillis());
            }
            last.restart();
            Thread.sleep(time.toMillis() / 3);
            workload.finish(load);
        }
        return killed;
    }

    private static void takenOver(Bench bench, CountingBackend backend, long killed) {
        Latencies latencies = new Latencies();
        backend.repeats().stream().filter(at -> at > killed).forEach(at -> latencies.recordNanos(at - killed));
        Histogram times = latencies.total();
        bench.figure(Figure.plain("calls that were begun again after the kill", "", times.getTotalCount()));
        if (times.getTotalCount() > 0) {
            bench.figure(Figure.lower("taken over after, p50", "s", Latencies.millis(times, 50) / 1e3));
            bench.figure(Figure.lower("taken over after, longest", "s", Latencies.millis(times, 100) / 1e3));
            bench.distribution("from the kill until called again", times);
        } else {
            bench.note("No call was under way at the killed node, so nothing had to be taken over.");
        }
    }
}
