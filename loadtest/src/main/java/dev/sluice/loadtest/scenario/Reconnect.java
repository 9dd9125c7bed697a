package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.StreamingBackend;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.HdrHistogram.Histogram;

/** Readers that break off at random times and resume at once, all the time. */
final class Reconnect implements Scenario {

    private static final Option<Integer> READERS =
            Option.count("readers", 500, 1, 15_000, "readers, spread over the jobs");
    private static final Option<Integer> JOBS = Option.count("jobs", 20, 1, Streamed.MOST_JOBS, "jobs that stream");
    private static final Option<Integer> RATE = Common.RATE.usually("20").meaning("pieces a second of each job");
    private static final Option<Duration> STAY = Option.duration(
            "stay", "1s", "how long a reader stays on the mean; each time is random, of an exponential distribution");

    @Override
    public String name() {
        return "reconnect";
    }

    @Override
    public String question() {
        return "Do readers that break off and resume all the time see every event once, and how soon are they back?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(
                READERS,
                JOBS,
                RATE,
                STAY,
                Streamed.BYTES,
                Common.DURATION.usually("30s"),
                Common.WARMUP.usually("20s"));
    }

    @Override
    public void run(Bench bench) throws Exception {
        try (Streamed streamed = new Streamed(bench)) {
            if (!bench.get(Common.WARMUP).isZero()) {
                run(bench, streamed, "warm-up", bench.get(Common.WARMUP), false);
            }
            run(bench, streamed, "measured", bench.get(Common.DURATION), true);
            bench.residentMemory(streamed.gateway());
            streamed.settleCalls();
        }
    }

    private static void run(Bench bench, Streamed streamed, String name, Duration time, boolean stated)
            throws Exception {
        int jobs = bench.get(JOBS);
        int readers = bench.get(READERS);
        int bytes = bench.get(Streamed.BYTES);
        long pieces = Math.max(2, time.toMillis() * bench.get(RATE) / 1_000);
        double stay = bench.get(STAY).toNanos();
        List<String> paths = new ArrayList<>();
        Phase phase = bench.phase(name, time);
        try (phase;
                Crowd crowd = new Crowd(streamed.gateway().base(), phase.latency())) {
            streamed.draw(crowd.outputs::pieces);
            Duration before = streamed.gateway().processor();
            paths.addAll(streamed.submit(jobs, StreamingBackend.target(pieces, bench.get(RATE), bytes), job -> {}));
            for (int i = 0; i < readers; i++) {
                crowd.reader(paths.get(i % jobs), pieces)
                        .leaving(() -> staying(stay, ThreadLocalRandom.current().nextDouble()))
                        .ask();
            }
            crowd.awaitEnd();
            double seconds = phase.seconds();
            double processor = streamed.gateway().processor().minus(before).toNanos() / 1e6;
            crowd.settle(bench.accounts());
            bench.accounts().count("streams that readers broke off and resumed", crowd.left.sum());
            bench.accounts()
                    .zero("readers that came back after the end and were not turned away", crowd.notTurnedAway.sum());
            if (stated) {
                state(bench, crowd, seconds, processor);
            }
        }
        if (stated) {
            bench.latencies("from the backend's writing to a reader that was there", phase);
        }
        streamed.settle(paths, pieces * bytes);
    }

    private static void state(Bench bench, Crowd crowd, double seconds, double processor) {
        long resumes = Math.max(1, crowd.left.sum());
        bench.figure(Figure.plain("resumes", "1/s", resumes / seconds));
        percentiles(bench, "from asking again to the head of the answer", crowd.resume);
        percentiles(bench, "from asking to the first piece that was written after that", crowd.live);
        bench.figure(
                Figure.lower("gateway's processor time for each resume, all else included", "ms", processor / resumes));
    }

    private static void percentiles(Bench bench, String name, Latencies latencies) {
        Histogram total = latencies.total();
        bench.figure(Figure.lower(name + ", p50", "ms", Latencies.millis(total, 50)));
        bench.figure(Figure.lower(name + ", p99", "ms", Latencies.millis(total, 99)));
        bench.distribution(name, total);
    }

    /**
     * A random time of an exponential distribution, in nanoseconds.
     *
     * @param random evenly from 0 (inclusive) to 1
     */
    static long staying(double mean, double random) {
        return (long) (-mean * Math.log(1 - random));
    }
}
