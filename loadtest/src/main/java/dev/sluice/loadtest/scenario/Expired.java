package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.load.Answer;
import dev.sluice.loadtest.load.Bodies;
import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Exchange;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.RigException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Finished jobs whose time is over, and small requests while they are purged. */
final class Expired implements Scenario {

    private static final String ROUTE = "e2e";
    private static final Duration LIMIT = Duration.ofHours(1);
    private static final Duration LONGEST_PURGE = Duration.ofMinutes(30);
    private static final Duration WARM_UP = Duration.ofSeconds(10);
    private static final int LOOK_MILLIS = 500;
    private static final int ASKED_FOR = 2_000;
    private static final Option<Integer> JOBS = Option.count("jobs", 200_000, 1, 5_000_000, "jobs that expire");
    private static final Option<Duration> KEEP = Option.duration(
            "keep", "100s", "how long a finished job is kept; all of them must be done and looked at before");
    private static final Option<Integer> RATE = Common.RATE.usually("200").meaning("small requests a second");

    @Override
    public String name() {
        return "expired";
    }

    @Override
    public String question() {
        return "How fast are expired jobs purged, and do small requests wait longer meanwhile?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(JOBS, KEEP, RATE, Common.CONNECTIONS);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Required.ownGateway(bench);
        Gateway gateway = bench.gateway(
                List.of("--sluice.routes.e2e.keep=" + bench.get(KEEP).toSeconds() + "s"));
        List<String> paths = fill(bench, gateway);
        PurgeTimes purge = new PurgeTimes();
        Queue<SmallRequests.Seen> seen = new ConcurrentLinkedQueue<>();
        try (SmallRequests small =
                new SmallRequests(gateway.base().resolve("/accept?hang=true"), bench.get(RATE), seen::add)) {
            try (Phase phase = bench.phase("warm-up of small requests", WARM_UP)) {
                small.run(WARM_UP, phase);
            }
            seen.clear();
            if (purged(gateway) > 0) {
                throw new RigException("the first jobs have expired already: set --keep to more");
            }
            watch(bench, gateway, small, purge);
            small.settle(bench, "small requests");
        }
        state(bench, purge, seen);
        bench.accounts().zero("expired and not purged", Math.max(0, paths.size() - purge.purged()));
        bench.accounts().zero("purged beyond those that expired", Math.max(0, purge.purged() - paths.size()));
        gone(bench, gateway, paths);
        bench.residentMemory(gateway);
    }

    private static List<String> fill(Bench bench, Gateway gateway) throws Exception {
        List<String> paths = new ArrayList<>(bench.get(JOBS));
        try (Phase phase = bench.phase("filling", bench.get(JOBS))) {
            Submitting posts = new Submitting(gateway.base(), "/e2e", phase, paths::add);
            new ClosedLoop(List.of(gateway.base()), bench.get(Common.CONNECTIONS)).run(posts, bench.get(JOBS), LIMIT);
            Settling.awaitRoute(gateway, ROUTE);
            bench.figure(Figure.plain("filled through the gateway at", "jobs/s", paths.size() / phase.seconds()));
            bench.accounts().zero("answers that were no 202", phase.failed().sum());
        }
        JobAudit.Found found = JobAudit.look(List.of(gateway.base()), paths);
        found.settle(bench.accounts());
        found.examples().forEach(example -> bench.say("  not in order: " + example));
        return paths;
    }

    /** Sends small requests until all have been purged, and looks at the counter every half second. */
    private static void watch(Bench bench, Gateway gateway, SmallRequests small, PurgeTimes purge) throws Exception {
        Phase phase = bench.phase("until all are purged", Duration.ZERO);
        PurgeWatch watch = new PurgeWatch(bench, gateway, purge);
        try (phase;
                Background looks = Background.of(watch::run)) {
            small.run(number -> looks.running(), phase);
            looks.join();
        }
    }

    private record PurgeWatch(Bench bench, Gateway gateway, PurgeTimes purge) {

        private void run() throws InterruptedException {
            long end = System.nanoTime() + LONGEST_PURGE.toNanos();
            while (purge.purged() < bench.get(JOBS) && System.nanoTime() < end) {
                long purged = purged(gateway);
                purge.saw(System.nanoTime(), purged);
                bench.timeline().add("Purged", "jobs", "so far", purged);
                Thread.sleep(LOOK_MILLIS); // a counter can only be looked at
            }
        }
    }

    private static long purged(Gateway gateway) {
        return (long) gateway.metrics().sum("sluice_journal_purged_total");
    }

    private static void state(Bench bench, PurgeTimes purge, Queue<SmallRequests.Seen> seen) {
        Latencies alone = new Latencies();
        Latencies beside = new Latencies();
        seen.forEach(one -> (purge.busy(one.due()) ? beside : alone).recordNanos(one.ended() - one.due()));
        bench.figure(Figure.higher("purged while it was at work", "jobs/s", purge.rate()));
        bench.figure(Figure.plain("the purge was at work for", "s", purge.seconds()));
        Contrast contrast = new Contrast("202 of small requests", "beside the purge");
        contrast.alone(alone);
        contrast.beside(beside);
        contrast.state(bench);
        if (beside.total().getTotalCount() < 1_000) {
            bench.note("Only " + beside.total().getTotalCount()
                    + " small requests were due while the purge was at work: more jobs are needed for a p99.");
        }
    }

    /** What is purged answers 410. */
    private static void gone(Bench bench, Gateway gateway, List<String> paths) throws Exception {
        List<String> some = paths.subList(0, Math.min(ASKED_FOR, paths.size()));
        Gone gone = new Gone(gateway.base(), some);
        new ClosedLoop(List.of(gateway.base()), 8).run(gone, some.size(), LIMIT);
        bench.accounts().count("purged jobs asked for", some.size());
        bench.accounts().zero("of these not answered with 410", gone.others);
    }

    private static final class Gone implements Exchange {

        private static final int STATUS = 410;

        private final URI base;
        private final List<String> paths;
        private long others;

        private Gone(URI base, List<String> paths) {
            this.base = base;
            this.paths = paths;
        }

        @Override
        public byte[] request(long item) {
            return Bodies.get(base, paths.get((int) item));
        }

        @Override
        public int answered(long item, Answer answer, long nanos) {
            others += answer.status() == STATUS ? 0 : 1;
            return DONE;
        }
    }
}
