package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.EventAudit;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Two versions of the gateway, both running all the time and loaded in turn, so that a change of the machine's speed affects both. */
final class Versions implements Scenario {

    private static final Option<String> BEFORE = Option.text(
            "before", "FILE", "", "the jar of the version before; that after it is --jar, or target/sluice.jar");
    private static final Option<String> LOAD = Option.choice(
            "load",
            List.of("accept", "jobs"),
            "accept",
            "accepts as fast as it goes, or jobs that are followed, at the rate");
    private static final Option<Integer> ROUNDS = Common.ROUNDS.usually("8");
    private static final Option<Duration> DURATION = Common.DURATION.usually("5s");
    private static final Option<Duration> WARMUP = Common.WARMUP.usually("20s");

    @Override
    public String name() {
        return "versions";
    }

    @Override
    public String question() {
        return "Does another version of the gateway cost less, measured in turn?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(
                BEFORE,
                LOAD,
                ROUNDS,
                DURATION,
                WARMUP,
                Common.CONNECTIONS,
                AcceptLoad.LOADER,
                Common.RATE,
                Common.WORK);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Path jar = Path.of(bench.get(BEFORE)).toAbsolutePath();
        if (bench.get(BEFORE).isEmpty() || !Files.isRegularFile(jar)) {
            throw new UsageException("--before is " + bench.get(BEFORE) + "; expected the jar of the version before");
        }
        if (!bench.get(Common.GATEWAY).isEmpty()) {
            throw new UsageException("both versions are started here: without --gateway");
        }
        Version before = version(bench, "before", jar);
        Version after = version(bench, "after", bench.rig().settings().jar());
        EventAudit audit = new EventAudit();
        try (Client client = Following.client()) {
            for (Version version : List.of(before, after, before, after)) {
                round(
                        bench,
                        client,
                        audit,
                        version,
                        "warm-up of " + version.server.name,
                        bench.get(WARMUP).dividedBy(2));
            }
            List.of(before, after).forEach(Version::forget);
            for (int round = 1; round <= bench.get(ROUNDS); round++) {
                for (Version version : round % 2 == 1 ? List.of(before, after) : List.of(after, before)) {
                    round(bench, client, audit, version, version.server.name + " " + round, bench.get(DURATION));
                }
            }
        }
        before.state(bench);
        after.state(bench);
        ratio(bench, "processor time, after of before", before.processor, after.processor);
        if (bench.get(LOAD).equals("jobs")) {
            audit.settle(bench.accounts());
        }
        bench.accounts().zero("answers that were no 202, or jobs that did not succeed", before.wrong + after.wrong);
    }

    private static Version version(Bench bench, String name, Path jar) throws InterruptedException {
        Gateway gateway = bench.start(bench.rig().setup(bench.backend().base()).withJar(name, jar));
        bench.watch(name, gateway);
        return new Version(new LoadedServer(name, true, gateway.base(), gateway.process()));
    }

    private static void round(Bench bench, Client client, EventAudit audit, Version version, String name, Duration time)
            throws Exception {
        if (time.isZero()) {
            return;
        }
        LoadedServer server = version.server;
        if (bench.get(LOAD).equals("accept")) {
            var result = AcceptLoad.load(bench, server, name, time);
            version.wrong += result.others() + result.errors();
            version.add(result.accepted(), result.at(50), result.at(99));
            return;
        }
        Duration work = bench.get(Common.WORK);
        Following following = new Following(client, List.<URI>of(server.base), Following.target(work), work, audit);
        long jobs = Math.max(1, bench.get(Common.RATE) * time.toMillis() / 1000);
        Duration used = server.processor();
        Phase phase = bench.phase(name, time);
        try (phase) {
            following.run(bench.get(Common.RATE), jobs, phase);
        }
        server.used = server.processor().minus(used);
        version.wrong += following.wrong.sum();
        version.add(
                jobs,
                Latencies.millis(phase.latency().total(), 50),
                Latencies.millis(phase.latency().total(), 99));
    }

    private static void ratio(Bench bench, String name, List<Double> before, List<Double> after) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            ratios.add(after.get(i) / before.get(i));
        }
        bench.figure(Figure.lower(name, "", LoadedServer.median(ratios)).slices(ratios));
    }

    /** One version, and what was seen of it in each round. */
    private static final class Version {

        private final LoadedServer server;
        private final List<Double> processor = new ArrayList<>();
        private final List<Double> p50 = new ArrayList<>();
        private final List<Double> p99 = new ArrayList<>();
        private long wrong;

        private Version(LoadedServer server) {
            this.server = server;
        }

        private void add(long jobs, double median, double late) {
            processor.add(server.used.toNanos() / 1e6 / Math.max(1, jobs));
            p50.add(median);
            p99.add(late);
        }

        private void forget() {
            processor.clear();
            p50.clear();
            p99.clear();
        }

        private void state(Bench bench) {
            String name = server.name;
            bench.figure(Figure.lower(name + ", processor time per job", "ms", LoadedServer.median(processor))
                    .slices(processor));
            bench.figure(
                    Figure.lower(name + ", p50", "ms", LoadedServer.median(p50)).slices(p50));
            bench.figure(
                    Figure.lower(name + ", p99", "ms", LoadedServer.median(p99)).slices(p99));
        }
    }
}
