package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.Faults;
import dev.sluice.loadtest.load.FaultyBackend;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Metrics;
import java.time.Duration;
import java.util.List;

/** A backend that fails in many ways, and then cannot be reached at all, on one route, beside other routes. */
final class FailingBackend implements Scenario {

    private static final String ROUTE = "failing";
    private static final Duration LONGEST_RETURN = Duration.ofMinutes(3);
    private static final Option<Integer> ROUNDS = Common.ROUNDS.usually("2");
    private static final Option<Duration> DURATION =
            Common.DURATION.usually("15s").meaning("each part of a round");
    private static final Option<Duration> WARMUP = Common.WARMUP.usually("20s");
    private static final Option<Duration> OUTAGE =
            Option.duration("outage", "10s", "how long the backend cannot be reached in the end");
    private static final Option<Integer> JOBS = Option.count("jobs", 100, 1, 10_000, "jobs a second for that backend");
    private static final Option<Integer> ERRORS = share("errors", "15", "of its calls that answer 500");
    private static final Option<Integer> RESETS = share("resets", "5", "of them whose connection is reset");
    private static final Option<Integer> CUTS = share("cuts", "5", "of them whose answer is cut short");
    private static final Option<Integer> HANGS = share("hangs", "5", "of them that are not answered in 2 s");

    private static Option<Integer> share(String name, String usual, String help) {
        return Option.count(name, 0, 0, 100, "percent " + help).usually(usual);
    }

    @Override
    public String name() {
        return "failing-backend";
    }

    @Override
    public String question() {
        return "What becomes of the jobs of a backend that fails, and does it hurt other routes?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(
                ROUNDS, DURATION, WARMUP, OUTAGE, JOBS, ERRORS, RESETS, CUTS, HANGS, Others.SMALL, Others.FOLLOWED);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Required.ownGateway(bench);
        Faults faults;
        try {
            faults = new Faults(bench.get(ERRORS), bench.get(RESETS), bench.get(CUTS), bench.get(HANGS), 0);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
        try (FaultyBackend backend = new FaultyBackend(Duration.ofMillis(20))) {
            Gateway gateway = bench.gateway(List.of("--sluice.routes.failing.backend=" + backend.base()));
            AttemptAudit audit = new AttemptAudit(backend);
            try (Others others = new Others(bench, gateway, "beside the failing backend");
                    SmallRequests failing =
                            new SmallRequests(gateway.base().resolve("/failing"), bench.get(JOBS), audit::accepted)) {
                Rounds rounds = new Rounds(bench, gateway, backend, failing, others);
                rounds.warmUp();
                for (int round = 1; round <= bench.get(ROUNDS); round++) {
                    rounds.failing(round, faults);
                }
                if (!bench.get(OUTAGE).isZero()) {
                    rounds.outage();
                }
                others.settle();
                rounds.settle();
                failing.settle(bench, "jobs for the failing backend");
            }
            audit.settle(bench, gateway);
            bench.residentMemory(gateway);
        }
    }

    private static final class Rounds {

        private final Bench bench;
        private final Gateway gateway;
        private final FaultyBackend backend;
        private final SmallRequests failing;
        private final Others others;
        private Phase accepts = fresh();
        private volatile boolean over;

        private Rounds(Bench bench, Gateway gateway, FaultyBackend backend, SmallRequests failing, Others others) {
            this.bench = bench;
            this.gateway = gateway;
            this.backend = backend;
            this.failing = failing;
            this.others = others;
        }

        private void warmUp() throws Exception {
            during(() -> others.warmUp("warm-up", bench.get(WARMUP)));
            accepts = fresh();
        }

        private static Phase fresh() {
            return new Phase("202 of the failing route", 0, Duration.ZERO, 0, () -> {});
        }

        /** Beside as many jobs both times, of which first none and then some fail. */
        private void failing(int round, Faults faults) throws Exception {
            during(() -> others.alone("healthy " + round, bench.get(DURATION)));
            backend.behave(faults);
            during(() -> others.beside("failing " + round, bench.get(DURATION)));
            try (Phase phase = bench.phase("retries end " + round, Duration.ZERO)) {
                Settling.awaitRoute(gateway, ROUTE);
                bench.say("the last job of the failing backend ended after " + Math.round(phase.seconds()) + " s");
            }
            backend.behave(Faults.NONE);
        }

        /** Nobody listens for a while; jobs go on coming. */
        private void outage() throws Exception {
            Metrics before = gateway.metrics();
            backend.goAway();
            during(() -> others.beside("unreachable", bench.get(OUTAGE)));
            long calls = backend.calls();
            backend.comeBack();
            try (Phase phase = bench.phase("reachable again", Duration.ZERO)) {
                while (backend.calls() == calls && phase.seconds() < LONGEST_RETURN.toSeconds()) {
                    Thread.sleep(5); // it can only be looked at
                }
                bench.figure(Figure.lower("called again after it was back", "s", phase.seconds()));
                Settling.awaitRoute(gateway, ROUTE);
                bench.figure(Figure.lower("all jobs ended after it was back", "s", phase.seconds()));
            }
            Metrics after = gateway.metrics();
            bench.figure(Figure.plain(
                    "connections tried while it was away",
                    "",
                    since(before, after, "sluice_breaker_connections_total", "outcome", "failed")));
        }

        private void during(Background.Work others) throws Exception {
            over = false;
            try (Background load = Background.of(() -> failing.run(number -> !over, accepts))) {
                others.run();
                over = true;
                load.join();
            }
        }

        private static double since(Metrics before, Metrics after, String meter, String... labels) {
            return after.sum(meter, labels) - before.sum(meter, labels);
        }

        private void settle() {
            Metrics now = gateway.metrics();
            bench.latencies("202 of the failing route itself", accepts);
            bench.figure(Figure.plain("retries", "", now.sum("sluice_jobs_retried_total", "route", ROUTE)));
            bench.figure(Figure.plain(
                    "times its breaker opened",
                    "",
                    now.sum("sluice_breaker_transitions_total", "route", ROUTE, "to", "open")));
        }
    }
}
