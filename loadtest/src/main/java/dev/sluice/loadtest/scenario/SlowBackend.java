package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.load.Faults;
import dev.sluice.loadtest.load.FaultyBackend;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.RigException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A backend that takes every connection and ends no call, on one route, beside other routes. */
final class SlowBackend implements Scenario {

    private static final String ROUTE = "slow";
    private static final int MOST_AT_ONCE = 256; // as application.yaml says
    private static final int HALF = 50;
    private static final Duration LONGEST_FILL = Duration.ofMinutes(2);
    private static final Option<Integer> ROUNDS = Common.ROUNDS.usually("2");
    private static final Option<Duration> DURATION =
            Common.DURATION.usually("15s").meaning("each part of a round");
    private static final Option<Duration> WARMUP = Common.WARMUP.usually("20s");
    private static final Option<Integer> SLOW =
            Option.count("slow", 100, 1, 10_000, "jobs a second for the slow backend");

    @Override
    public String name() {
        return "slow-backend";
    }

    @Override
    public String question() {
        return "Does a backend that answers slowly or never hold up accepts, other routes or streams of events?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(ROUNDS, DURATION, WARMUP, SLOW, Others.SMALL, Others.FOLLOWED);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Required.ownGateway(bench);
        try (FaultyBackend backend = new FaultyBackend(Duration.ZERO)) {
            Gateway gateway = bench.gateway(List.of("--sluice.routes.slow.backend=" + backend.base()));
            Queue<String> jobs = new ConcurrentLinkedQueue<>();
            try (Others others = new Others(bench, gateway, "beside the slow backend");
                    SmallRequests slow = new SmallRequests(
                            gateway.base().resolve("/slow"), bench.get(SLOW), seen -> jobs.add(seen.job()))) {
                others.warmUp("warm-up", bench.get(WARMUP));
                SlowRounds rounds = new SlowRounds(bench, gateway, backend, slow, others);
                for (int round = 1; round <= bench.get(ROUNDS); round++) {
                    rounds.run(round);
                }
                others.settle();
                rounds.settle();
                slow.settle(bench, "jobs for the slow backend");
                jobs.removeIf(String::isEmpty);
                JobAudit.Found found = JobAudit.look(List.of(gateway.base()), List.copyOf(jobs));
                found.settle(bench.accounts());
                found.examples().forEach(example -> bench.say("  not in order: " + example));
            }
            bench.residentMemory(gateway);
        }
    }

    /** Alone, then beside as many slow calls as the route makes at once, which are let go in the end. */
    private static final class SlowRounds {

        private final Bench bench;
        private final Gateway gateway;
        private final FaultyBackend backend;
        private final SmallRequests slow;
        private final Others others;
        private final Phase accepts = new Phase("202 of the slow route", 0, Duration.ZERO, 0, () -> {});
        private final List<Double> atOnce = new ArrayList<>();
        private final List<Double> drained = new ArrayList<>();
        private volatile boolean over;

        private SlowRounds(Bench bench, Gateway gateway, FaultyBackend backend, SmallRequests slow, Others others) {
            this.bench = bench;
            this.gateway = gateway;
            this.backend = backend;
            this.slow = slow;
            this.others = others;
        }

        private void run(int round) throws Exception {
            others.alone("alone " + round, bench.get(DURATION));
            backend.behave(new Faults(0, 0, 0, HALF, HALF));
            over = false;
            try (Background load = Background.of(() -> slow.run(number -> !over, accepts))) {
                try (Phase phase = bench.phase("slow calls begin " + round, LONGEST_FILL)) {
                    awaitFull(load, phase);
                }
                others.beside("beside slow calls " + round, bench.get(DURATION));
                atOnce.add(running());
                over = true;
                load.join();
            }
            backend.behave(Faults.NONE);
            try (Phase phase = bench.phase("slow calls end " + round, Duration.ZERO)) {
                Settling.awaitRoute(gateway, ROUTE);
                drained.add(phase.seconds());
            }
        }

        private void awaitFull(Background load, Phase phase) throws InterruptedException {
            while (running() < MOST_AT_ONCE) {
                if (!load.running() || phase.seconds() > LONGEST_FILL.toSeconds()) {
                    throw new RigException("only " + running() + " slow calls are made at once");
                }
                Thread.sleep(200); // it can only be asked
            }
        }

        private double running() {
            return gateway.metrics().sum("sluice_queue_running", "route", ROUTE);
        }

        private void settle() {
            bench.figure(Figure.plain("slow calls at once", "", LoadedServer.median(atOnce))
                    .slices(atOnce));
            bench.latencies("202 of the slow route itself", accepts);
            bench.figure(Figure.lower(
                            "all slow jobs ended after the backend was quick again", "s", LoadedServer.median(drained))
                    .slices(drained));
        }
    }
}
