package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.StreamingBackend;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.GatewaySetup;
import dev.sluice.loadtest.rig.JournalKind;
import dev.sluice.loadtest.rig.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/** Answers that come in pieces, at the pace of a language model or as fast as they go, with readers of each. */
final class Stream implements Scenario {

    private static final Option<Integer> JOBS =
            Option.count("jobs", 200, 1, Streamed.MOST_JOBS, "jobs that stream at the same time");
    private static final Option<Integer> PIECES = Option.count("pieces", 1_000, 2, 10_000_000, "pieces of each answer");
    private static final Option<Integer> RATE =
            Option.count("rate", 50, 0, 1_000, "pieces a second of each answer; 0 for as fast as they are taken");
    private static final Option<Integer> READERS =
            Option.count("readers", 3, 1, 100, "readers of each job, of whom the last comes when half was written");
    private static final Option<Integer> WARMUP_PIECES =
            Option.count("warmup-pieces", 500, 0, 1_000_000, "pieces of as many jobs before");

    private static final int MOST_LOOKS = 20;
    private static final int LOOKS_STILL = 3;

    @Override
    public String name() {
        return "stream";
    }

    @Override
    public String question() {
        return "How much later than the backend's writing has each reader every piece of a streamed answer?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(JOBS, PIECES, RATE, Streamed.BYTES, READERS, WARMUP_PIECES);
    }

    @Override
    public void run(Bench bench) throws Exception {
        try (Streamed streamed = new Streamed(bench)) {
            long before = disk(bench, streamed.gateway()).orElse(-1L);
            if (bench.get(WARMUP_PIECES) > 1) {
                new Round(bench, streamed, bench.get(WARMUP_PIECES)).run("warm-up");
            }
            Round round = new Round(bench, streamed, bench.get(PIECES));
            round.run("measured");
            round.state();
            round.late();
            bench.residentMemory(streamed.gateway());
            streamed.settleCalls();
            if (before >= 0) {
                round.disk(before);
            }
        }
    }

    /** Bytes of the journal's files; empty where it has none that can be seen. */
    private static Optional<Long> disk(Bench bench, Gateway gateway) throws InterruptedException, IOException {
        if (bench.rig().settings().journal() == JournalKind.MEMORY) {
            return Optional.empty();
        }
        if (bench.rig().settings().journal() == JournalKind.ROCKSDB) {
            return Optional.of(
                    Trees.size(gateway.setup().map(GatewaySetup::data).orElseThrow()));
        }
        Path tables = bench.rig().work().resolve("pg").resolve("data").resolve("base");
        return bench.rig().postgres().isPresent() ? Optional.of(Trees.size(tables)) : Optional.empty();
    }

    /** Jobs that stream at the same time, from their requests until the last reader has had all of it. */
    private static final class Round {

        private final Bench bench;
        private final Streamed streamed;
        private final int jobs;
        private final long pieces;
        private final int rate;
        private final int bytes;
        private final List<String> paths = new ArrayList<>();
        private final Latencies live = new Latencies();
        private Phase phase;
        private double processor;
        private double written;
        private double read;

        private Round(Bench bench, Streamed streamed, long pieces) {
            this.bench = bench;
            this.streamed = streamed;
            this.jobs = bench.get(JOBS);
            this.pieces = pieces;
            this.rate = bench.get(RATE);
            this.bytes = bench.get(Streamed.BYTES);
            this.phase = new Phase("none", 0, Duration.ZERO, 0, () -> {});
        }

        private void run(String name) throws Exception {
            Duration before = streamed.gateway().processor();
            Phase measured = rate == 0
                    ? bench.phase(name, jobs * pieces * bench.get(READERS))
                    : bench.phase(name, Duration.ofMillis(pieces * 1_000 / rate));
            phase = measured;
            try (measured;
                    Crowd crowd = new Crowd(streamed.gateway().base(), measured.latency())) {
                streamed.draw(crowd.outputs::pieces);
                long begun = System.nanoTime();
                paths.addAll(
                        streamed.submit(jobs, StreamingBackend.target(pieces, rate, bytes), job -> read(crowd, job)));
                crowd.awaitEnd();
                read = (System.nanoTime() - begun) / 1e9;
                written = (streamed.backend.lastEnded() - begun) / 1e9;
                crowd.settle(bench.accounts());
                live.add(crowd.live);
            }
            processor = streamed.gateway().processor().minus(before).toNanos() / 1e9;
            streamed.settle(paths, pieces * bytes);
        }

        /** All but the last come at once; the last one comes when the first has read half. */
        private void read(Crowd crowd, String job) {
            int readers = bench.get(READERS);
            PieceReader first = crowd.reader(job, pieces);
            List<PieceReader> others = new ArrayList<>();
            for (int i = 2; i < readers; i++) {
                others.add(crowd.reader(job, pieces));
            }
            if (readers > 1) {
                first.halfway(crowd.reader(job, pieces)::ask);
            }
            first.ask();
            others.forEach(PieceReader::ask);
        }

        private void state() {
            double all = (double) pieces * jobs;
            if (rate > 0) {
                bench.latencies("from the backend's writing to the reader", phase);
                percentiles("the load's own part: written after it was due", streamed.backend.late());
                percentiles("until a reader is live", live);
            } else {
                bench.figure(Figure.higher("written by the backend", "pieces/s", all / written));
                bench.figure(
                        Figure.higher("until every reader has all, the late one included", "pieces/s", all / read));
            }
            bench.figure(Figure.lower("gateway's processor time per 10,000 pieces", "s", processor * 10_000 / all));
        }

        private void percentiles(String name, Latencies latencies) {
            Histogram total = latencies.total();
            bench.figure(Figure.lower(name + ", p50", "ms", Latencies.millis(total, 50)));
            bench.figure(Figure.lower(name + ", p99", "ms", Latencies.millis(total, 99)));
        }

        /** Readers that come after the end. */
        private void late() throws Exception {
            int each = Math.max(1, bench.get(READERS) / jobs);
            try (Phase after = bench.phase("read after the end", pieces * jobs * each);
                    Crowd crowd = new Crowd(streamed.gateway().base(), new Latencies())) {
                for (String path : paths) {
                    for (int i = 0; i < each; i++) {
                        crowd.reader(path, pieces).ask();
                    }
                }
                crowd.awaitEnd();
                double seconds = after.seconds();
                crowd.settle(bench.accounts());
                bench.figure(Figure.higher("readers after the end, each", "pieces/s", pieces / seconds));
                bench.figure(Figure.higher(
                        "readers after the end, together", "pieces/s", (double) pieces * jobs * each / seconds));
            }
        }

        /** All that was sent, on disk: after a restart, which gives back the log of an embedded journal. */
        private void disk(long before) throws Exception {
            Gateway gateway = streamed.gateway();
            bench.process(gateway).stop();
            Gateway again = bench.watch("gateway", bench.start(gateway.setup().orElseThrow()));
            long after = settled(again, before);
            double sent = (double) streamed.backend.written() * bytes;
            bench.figure(Figure.plain("sent by the backend, warm-up included", "MB", sent / 1e6));
            bench.figure(Figure.lower("bytes on disk for a byte sent", "", (after - before) / sent));
        }

        /** The size once it stands still: a restarted journal joins files, and has both for a moment. */
        private long settled(Gateway again, long unknown) throws InterruptedException, IOException {
            long size = Stream.disk(bench, again).orElse(unknown);
            int still = 0;
            for (int look = 0; look < MOST_LOOKS && still < LOOKS_STILL; look++) {
                Thread.sleep(1_000); // it can only be looked at
                long now = Stream.disk(bench, again).orElse(unknown);
                still = now == size ? still + 1 : 0;
                size = now;
            }
            return size;
        }
    }
}
