package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Many readers of the same events: how soon each has them, and what one that waits costs. */
final class FanOut implements Scenario {

    /** Of three quarters of its descriptors, which a gateway takes connections for, those for others than readers. */
    private static final int OTHER_DESCRIPTORS = 400;

    private static final int MOST_STREAMS = 60_000;

    private static final Option<Integer> READERS =
            Option.count("readers", 1_000, 0, MOST_STREAMS, "readers of one job, first part; 0 leaves a part out");
    private static final Option<Integer> RATE = Common.RATE.usually("10").meaning("events a second for them");
    private static final Option<Integer> MORE_READERS =
            Option.count("more-readers", 10_000, 0, MOST_STREAMS, "readers of one job, second part");
    private static final Option<Integer> MORE_RATE = Option.count("more-rate", 2, 1, 1_000, "events a second for them");
    private static final Option<Integer> SPREAD_READERS =
            Option.count("spread-readers", 2_048, 0, MOST_STREAMS, "readers of many jobs, third part");
    private static final Option<Integer> SPREAD_JOBS =
            Option.count("spread-jobs", 100, 1, Streamed.MOST_JOBS, "jobs that they read");
    private static final Option<Integer> SPREAD_RATE =
            Option.count("spread-rate", 5, 1, 1_000, "events a second of each of these jobs");
    private static final Option<Integer> IDLE_READERS = Option.count(
            "idle-readers",
            20_000,
            0,
            MOST_STREAMS,
            "readers that wait, fourth part; in eight steps, of which memory is a slope");
    private static final Option<Duration> DURATION =
            Common.DURATION.usually("20s").meaning("how long each part is measured");
    private static final Option<Duration> WARMUP =
            Common.WARMUP.usually("20s").meaning("how long the first part is done before");

    @Override
    public String name() {
        return "fan-out";
    }

    @Override
    public String question() {
        return "How soon do thousands of readers have each event, and what does one that waits cost?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(
                READERS,
                RATE,
                MORE_READERS,
                MORE_RATE,
                SPREAD_READERS,
                SPREAD_JOBS,
                SPREAD_RATE,
                IDLE_READERS,
                Streamed.BYTES,
                DURATION,
                WARMUP);
    }

    @Override
    public void run(Bench bench) throws Exception {
        int most = Math.max(0, Limits.descriptors() / 4 * 3 - OTHER_DESCRIPTORS);
        try (Streamed streamed = new Streamed(bench, "--sluice.ingress.max-streams=" + MOST_STREAMS)) {
            Part part = new Part(bench, streamed, most);
            if (!bench.get(WARMUP).isZero()) {
                part.run("warm-up", 1, Math.max(1, bench.get(READERS)), bench.get(RATE), bench.get(WARMUP));
            }
            for (Planned one : planned(bench)) {
                if (one.readers > 0) {
                    String name = String.format(
                            Locale.ROOT, "%,d readers of %d %s", one.readers, one.jobs, one.jobs == 1 ? "job" : "jobs");
                    part.run(name, one.jobs, one.readers, one.rate, bench.get(DURATION));
                    part.state(name);
                }
            }
            if (bench.get(IDLE_READERS) > 0) {
                new IdleReaders(bench, streamed).run(allowed(bench, bench.get(IDLE_READERS), most));
            }
            bench.residentMemory(streamed.gateway());
            streamed.settleCalls();
        }
    }

    private record Planned(int jobs, int readers, int rate) {}

    private static List<Planned> planned(Bench bench) {
        List<Planned> planned = new ArrayList<>();
        planned.add(new Planned(1, bench.get(READERS), bench.get(RATE)));
        planned.add(new Planned(1, bench.get(MORE_READERS), bench.get(MORE_RATE)));
        planned.add(new Planned(bench.get(SPREAD_JOBS), bench.get(SPREAD_READERS), bench.get(SPREAD_RATE)));
        return planned;
    }

    /** As many readers as descriptors allow. */
    private static int allowed(Bench bench, int wanted, int most) {
        if (wanted > most) {
            bench.note(String.format(
                    Locale.ROOT,
                    "%,d readers instead of %,d: a gateway takes connections for three quarters of its descriptors (ulimit"
                            + " -n), here %,d.",
                    most,
                    wanted,
                    most + OTHER_DESCRIPTORS));
        }
        return Math.min(wanted, most);
    }

    /** Readers that are all there before the first event is written. */
    private static final class Part {

        private final Bench bench;
        private final Streamed streamed;
        private final int most;
        private Phase phase = new Phase("none", 0, Duration.ZERO, 0, () -> {});
        private double processor;
        private long delivered;

        private Part(Bench bench, Streamed streamed, int most) {
            this.bench = bench;
            this.streamed = streamed;
            this.most = most;
        }

        private void run(String name, int jobs, int wanted, int rate, Duration time) throws Exception {
            int readers = allowed(bench, wanted, most);
            long pieces = Math.max(2, time.toMillis() * rate / 1_000);
            int bytes = bench.get(Streamed.BYTES);
            List<String> paths = new ArrayList<>();
            Phase measured = bench.phase(name, time);
            phase = measured;
            try (measured;
                    Crowd crowd = new Crowd(streamed.gateway().base(), measured.latency())) {
                streamed.draw(crowd.outputs::pieces);
                paths.addAll(streamed.submit(jobs, Streamed.gated(pieces, rate, bytes, name), job -> {}));
                for (int i = 0; i < readers; i++) {
                    crowd.reader(paths.get(i % jobs), pieces).ask();
                }
                crowd.awaitThere();
                bench.accounts().zero("readers that could not connect", readers - crowd.there.sum());
                streamed.awaitStreaming();
                Duration before = streamed.gateway().processor();
                streamed.begin(name);
                crowd.awaitEnd();
                processor = streamed.gateway().processor().minus(before).toNanos() / 1e9;
                delivered = crowd.outputs.pieces();
                crowd.settle(bench.accounts());
            }
            streamed.settle(paths, pieces * bytes);
        }

        private void state(String name) {
            bench.latencies(name, phase);
            bench.figure(Figure.lower(
                    name + ": gateway's processor time per 10,000 deliveries",
                    "s",
                    processor * 10_000 / Math.max(1, delivered)));
        }
    }
}
