package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.EventAudit;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Metrics;
import java.time.Duration;
import java.util.List;

/** Thousands of jobs that run, whose leases a node must renew, beside jobs that are followed to their end. */
final class Running implements Scenario {

    private static final String ROUTE = "held";
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Option<String> JOURNAL = Common.JOURNAL.usually("postgres");
    private static final Option<Integer> HELD =
            Option.count("held", 5_000, 1, 20_000, "jobs that run, and whose backend does not answer");
    private static final Option<Duration> DURATION =
            Common.DURATION.meaning("how long jobs are followed, without and beside those; 10 s are one renewal");

    @Override
    public String name() {
        return "running";
    }

    @Override
    public String question() {
        return "What do many running jobs cost a node, and are readers of other jobs told later?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(HELD, Common.RATE, Common.WORK, DURATION, Common.WARMUP, Common.CONNECTIONS, JOURNAL);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Required.ownGateway(bench);
        Gateway gateway = bench.gateway();
        Duration work = bench.get(Common.WORK);
        EventAudit audit = new EventAudit();
        Contrast told = new Contrast("told of the end, beyond the work", "beside running jobs");
        Renewals renewals = new Renewals(bench, gateway);
        try (Client client = Following.client()) {
            Following following = new Following(client, List.of(gateway.base()), Following.target(work), work, audit);
            if (!bench.get(Common.WARMUP).isZero()) {
                try (Phase phase = bench.phase("warm-up", bench.get(Common.WARMUP))) {
                    following.warmUp(bench.get(Common.RATE) * 5, bench.get(Common.WARMUP), phase);
                }
            }
            told.alone(follow(bench, following, "few running").latency());
            renewals.state("without running jobs");
            hold(bench, gateway);
            renewals.state("while they are sent");
            told.beside(follow(bench, following, "many running").latency());
            renewals.state("beside running jobs");
            told.state(bench);
            bench.accounts().count("jobs followed", following.succeeded.sum() + following.wrong.sum());
            bench.accounts().zero("of these not succeeded, or not told of", following.wrong.sum());
        }
        audit.settle(bench.accounts());
        Metrics now = gateway.metrics();
        long running = (long) now.sum("sluice_queue_running", "route", ROUTE);
        bench.accounts().zero("held jobs that do not run", Math.max(0, bench.get(HELD) - running));
        bench.accounts().zero("claims lost", (long) now.sum("sluice_dispatch_stale_total"));
        bench.residentMemory(gateway);
    }

    private static Phase follow(Bench bench, Following following, String name) throws Exception {
        Duration time = bench.get(DURATION);
        Phase phase = bench.phase(name, time);
        try (phase) {
            int rate = bench.get(Common.RATE);
            following.run(rate, Math.max(1, rate * time.toSeconds()), phase);
        }
        return phase;
    }

    /** Sends those that are held and waits until all of them run. */
    private static void hold(Bench bench, Gateway gateway) throws Exception {
        int held = bench.get(HELD);
        Phase phase = bench.phase("sending those that run", held);
        try (phase) {
            Submitting posts = new Submitting(gateway.base(), "/held?hang=true", phase, job -> {});
            new ClosedLoop(List.of(gateway.base()), bench.get(Common.CONNECTIONS)).run(posts, held, LIMIT);
            while (gateway.metrics().sum("sluice_queue_running", "route", ROUTE) < held
                    && phase.seconds() < LIMIT.toSeconds()) {
                Thread.sleep(200); // it can only be asked
            }
            bench.figure(Figure.lower("all of them run after", "s", phase.seconds()));
            bench.accounts().count("held jobs accepted", posts.accepted());
            bench.accounts().zero("answers that were no 202", phase.failed().sum());
        }
    }

    /** How long the renewals of leases took, from one look to the next. */
    private static final class Renewals {

        private final Bench bench;
        private final Gateway gateway;
        private double count;
        private double seconds;

        private Renewals(Bench bench, Gateway gateway) {
            this.bench = bench;
            this.gateway = gateway;
        }

        private void state(String when) {
            Metrics now = gateway.metrics();
            double countNow = now.sum("sluice_queue_renewals_seconds_count");
            double secondsNow = now.sum("sluice_queue_renewals_seconds_sum");
            if (countNow > count) {
                double mean = (secondsNow - seconds) * 1e3 / (countNow - count);
                bench.figure(Figure.lower("renewal of the leases, mean " + when, "ms", mean));
            }
            count = countNow;
            seconds = secondsNow;
        }
    }
}
