package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.LargeBodies;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.RigException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Large uploads, and large downloads, beside small requests. */
final class LargeTransfers implements Scenario {

    private static final double MIB = 1024 * 1024;
    private static final Duration LONGEST_JOB = Duration.ofMinutes(2);
    private static final Option<Integer> ROUNDS = Common.ROUNDS.usually("1");
    private static final Option<Duration> DURATION =
            Common.DURATION.usually("15s").meaning("each part of a round");
    private static final Option<Duration> WARMUP = Common.WARMUP.usually("20s");
    private static final Option<Integer> RATE = Common.RATE.usually("200").meaning("small requests a second");
    private static final Option<Integer> AT_ONCE =
            Option.count("at-once", 32, 1, 1_000, "uploads or downloads at once");
    private static final Option<Integer> SIZE = Option.count("size", 100, 1, 1_000, "MiB of each");

    @Override
    public String name() {
        return "large-bodies";
    }

    @Override
    public String question() {
        return "How much longer do small requests wait beside large uploads and downloads, and how much memory do those take?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(ROUNDS, DURATION, WARMUP, RATE, AT_ONCE, SIZE);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Gateway gateway = bench.gateway();
        long earlier = gateway.management().isPresent() ? Kept.unfinished(gateway, "large") : 0;
        Transfers transfers = new Transfers(bench, gateway);
        try (SmallRequests small = new SmallRequests(gateway.base().resolve("/accept?hang=true"), bench.get(RATE))) {
            if (!bench.get(WARMUP).isZero()) {
                try (Phase phase = bench.phase("warm-up", bench.get(WARMUP))) {
                    small.run(bench.get(WARMUP), phase);
                }
            }
            for (int round = 1; round <= bench.get(ROUNDS); round++) {
                transfers.round("uploads", round, small, transfers.uploads, transfers::upload);
            }
            transfers.prepareDownload();
            for (int round = 1; round <= bench.get(ROUNDS); round++) {
                transfers.round("downloads", round, small, transfers.downloads, transfers::download);
            }
            transfers.state();
            small.settle(bench, "small requests");
        }
        transfers.settle(earlier);
        bench.residentMemory(gateway);
    }

    private static final class Transfers {

        private final Bench bench;
        private final Gateway gateway;
        private final LargeBodies bodies = new LargeBodies();
        private final long size;
        private final URI upload;
        private final Contrast uploads = new Contrast("202 of small requests", "beside uploads");
        private final Contrast downloads = new Contrast("the same in later rounds", "beside downloads");
        private final LongAdder accepted = new LongAdder();
        private final LongAdder read = new LongAdder();
        private final LongAdder wrong = new LongAdder();
        private final LongAdder different = new LongAdder();
        private final List<Double> uploadRates = new ArrayList<>();
        private final List<Double> downloadRates = new ArrayList<>();
        private final Latencies uploadTimes = new Latencies();
        private final Latencies downloadTimes = new Latencies();
        private long checksum;
        private URI result = URI.create("/");

        private Transfers(Bench bench, Gateway gateway) {
            this.bench = bench;
            this.gateway = gateway;
            this.size = (long) (bench.get(SIZE) * MIB);
            this.upload = gateway.base().resolve("/large?hang=true");
            bench.watch((timeline, seconds) -> {
                timeline.add("Large bodies", "MiB", "uploaded so far", bodies.uploaded() / MIB);
                timeline.add("Large bodies", "MiB", "downloaded so far", bodies.downloaded() / MIB);
            });
        }

        /** Small requests alone, and then beside as many transfers at once, which begin again until the round is over. */
        private void round(String what, int round, SmallRequests small, Contrast contrast, Background.Work transfer)
                throws Exception {
            try (Phase phase = bench.phase("alone before " + what + " " + round, bench.get(DURATION))) {
                small.run(bench.get(DURATION), phase);
                contrast.alone(phase.latency());
            }
            long before = bodies.uploaded() + bodies.downloaded();
            long begun = System.nanoTime();
            try (Repeating transfers = new Repeating(bench.get(AT_ONCE), transfer)) {
                try (Phase phase = bench.phase(what + " " + round, bench.get(DURATION))) {
                    small.run(bench.get(DURATION), phase);
                    contrast.beside(phase.latency());
                }
                Phase end = bench.phase("end of the last " + what + " " + round, Duration.ZERO);
                try (end) {
                    transfers.finish();
                }
                double seconds = (System.nanoTime() - begun) / 1e9;
                boolean up = what.equals("uploads");
                (up ? uploadRates : downloadRates)
                        .add((bodies.uploaded() + bodies.downloaded() - before) / MIB / seconds);
                (up ? uploadTimes : downloadTimes).add(transfers.latencies());
            }
        }

        private void upload() throws Exception {
            if (bodies.upload(upload, size) == 202) {
                accepted.increment();
            } else {
                wrong.increment();
            }
        }

        /** Has one job done whose result is as large, and reads it once. */
        private void prepareDownload() throws Exception {
            bench.say("having a job done whose result is large");
            try (Client client = new Client("prepare", 1)) {
                URI url = gateway.base().resolve("/pieces?size=" + bench.get(SIZE) + "MB");
                Client.Accepted job = client.submit(url, new byte[0]).block(LONGEST_JOB);
                if (job == null) {
                    throw new RigException("the job with a large result was not accepted");
                }
                client.events(gateway.base().resolve(job.job() + "/events")).blockLast(LONGEST_JOB);
                result = gateway.base().resolve(job.job() + "/result");
            }
            LargeBodies.Download first = bodies.download(result);
            if (first.status() != 200 || first.bytes() != size) {
                throw new RigException("the large result is " + first);
            }
            checksum = first.checksum();
        }

        private void download() throws Exception {
            LargeBodies.Download download = bodies.download(result);
            read.increment();
            if (download.status() != 200) {
                wrong.increment();
            } else if (download.bytes() != size || download.checksum() != checksum) {
                different.increment();
            }
        }

        private void state() {
            uploads.state(bench);
            downloads.state(bench);
            bench.figure(Figure.higher("uploaded", "MiB/s", LoadedServer.median(uploadRates))
                    .slices(uploadRates));
            bench.figure(Figure.higher("downloaded", "MiB/s", LoadedServer.median(downloadRates))
                    .slices(downloadRates));
            bench.figure(Figure.lower("an upload, p50", "s", Latencies.millis(uploadTimes.total(), 50) / 1e3));
            bench.figure(Figure.lower("a download, p50", "s", Latencies.millis(downloadTimes.total(), 50) / 1e3));
            Peaks.memory(bench, "alone before uploads");
            Peaks.memory(bench, "uploads");
            Peaks.memory(bench, "downloads");
        }

        private void settle(long earlier) throws InterruptedException {
            bench.accounts().count("uploads accepted", accepted.sum());
            bench.accounts().count("downloads", read.sum());
            bench.accounts().zero("uploads and downloads answered otherwise", wrong.sum());
            bench.accounts().zero("downloads that are not byte for byte the result", different.sum());
            if (gateway.management().isPresent()) {
                long kept = Kept.unfinished(gateway, "large") - earlier;
                bench.accounts().zero("uploads lost", Math.max(0, accepted.sum() - kept));
            }
        }
    }
}
