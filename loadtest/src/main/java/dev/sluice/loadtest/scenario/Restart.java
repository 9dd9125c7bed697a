package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.PageCache;
import dev.sluice.loadtest.rig.ProcessStats;
import dev.sluice.loadtest.rig.Started;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Fills the queue through the gateway, kills it, and starts it again. */
final class Restart implements Scenario {

    private static final String TARGET = "/accept?hang=true";
    private static final String ROUTE = "accept";
    private static final Duration LIMIT = Duration.ofHours(3);
    private static final double MIB = 1024 * 1024;
    private static final Option<Integer> JOBS =
            Option.count("jobs", 1_000_000, 1, 50_000_000, "jobs that wait; about 0.5 KB of disk each");
    private static final Option<String> COLD = Option.choice(
            "cold",
            List.of("no", "yes"),
            "no",
            "drop the page cache of the whole machine before each start, which needs root");
    private static final Option<Integer> ROUNDS = Common.ROUNDS.usually("3");

    @Override
    public String name() {
        return "restart";
    }

    @Override
    public String question() {
        return "How soon is a gateway ready again that was killed with many waiting jobs, and are they all there?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(JOBS, ROUNDS, COLD, Common.CONNECTIONS);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Required.ownGateway(bench);
        Required.durable(bench);
        boolean cold = bench.get(COLD).equals("yes");
        if (cold && !PageCache.droppable()) {
            throw new UsageException("the page cache may be dropped by root on Linux only: without --cold yes");
        }
        Gateway gateway = bench.gateway();
        Phase filling = bench.phase("filling", bench.get(JOBS));
        Submitting posts = new Submitting(gateway.base(), TARGET, filling, job -> {});
        try (filling) {
            new ClosedLoop(List.of(gateway.base()), bench.get(Common.CONNECTIONS)).run(posts, bench.get(JOBS), LIMIT);
        }
        bench.figure(Figure.plain("filled through the gateway at", "jobs/s", posts.accepted() / filling.seconds()));
        bench.accounts().count("accepted", posts.accepted());
        bench.accounts().zero("answers that were no 202", filling.failed().sum());
        Rounds rounds = new Rounds();
        for (int round = 1; round <= bench.get(ROUNDS); round++) {
            bench.process(gateway).kill();
            if (cold) {
                PageCache.drop();
            }
            gateway = bench.watch("gateway", bench.start(gateway.setup().orElseThrow()));
            rounds.add(gateway);
            first(bench, gateway, round, rounds, posts.accepted());
        }
        rounds.state(bench);
        bench.residentMemory(gateway);
    }

    /** The first request after it, and whether all jobs are there. */
    private static void first(Bench bench, Gateway gateway, int round, Rounds rounds, long before) throws Exception {
        Phase phase = bench.phase("start " + round, 1);
        try (phase) {
            Submitting post = new Submitting(URI.create(gateway.base().toString()), TARGET, phase, job -> {});
            new ClosedLoop(List.of(gateway.base()), 1).run(post, 1, Duration.ofMinutes(2));
        }
        rounds.first.add(phase.latency().total().getMaxValue() / 1e3);
        long expected = before + round;
        long there = Kept.unfinished(gateway, ROUTE);
        bench.accounts().zero("lost", Math.max(0, expected - there));
        bench.accounts().zero("jobs that nobody sent", Math.max(0, there - expected));
    }

    private static final class Rounds {

        private final List<Double> ready = new ArrayList<>();
        private final List<Double> processor = new ArrayList<>();
        private final List<Double> resident = new ArrayList<>();
        private final List<Double> first = new ArrayList<>();

        private void add(Gateway gateway) {
            ready.add(gateway.ready().toMillis() / 1e3);
            ProcessStats stats =
                    gateway.process().flatMap(Started::stats).orElseThrow(() -> new IllegalStateException("ended"));
            processor.add(stats.processor().toMillis() / 1e3);
            resident.add(stats.resident() / MIB);
        }

        private void state(Bench bench) {
            state(bench, "ready after the start", "s", ready);
            state(bench, "processor time until it was ready", "s", processor);
            state(bench, "resident memory when it was ready", "MiB", resident);
            state(bench, "first 202 after that", "ms", first);
        }

        private static void state(Bench bench, String name, String unit, List<Double> values) {
            double mean = values.stream().mapToDouble(value -> value).average().orElse(0);
            bench.figure(Figure.lower(name, unit, mean).slices(values));
        }
    }
}
