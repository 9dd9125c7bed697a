package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.CountingBackend;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Disk;
import dev.sluice.loadtest.rig.GatewaySetup;
import dev.sluice.loadtest.rig.JournalKind;
import dev.sluice.loadtest.rig.Unsynced;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Everything that can break is broken, in turn, under load; then every job is accounted for. */
final class Proof implements Scenario {

    private static final Option<Integer> RATE = Common.RATE.usually("100");
    private static final Option<Duration> DURATION = Common.DURATION.usually("10m");
    private static final Option<Duration> WORK = Common.WORK.usually("50ms");
    private static final Option<Duration> EVERY =
            Option.duration("every", "8s", "longest time between two faults; at least half of it");
    private static final Option<Integer> DISK =
            Option.count("disk", 1_024, 256, 100_000, "size in MiB of the file system whose power is cut");
    private static final Duration LASTING = Duration.ofSeconds(5);

    @Override
    public String name() {
        return "proof";
    }

    @Override
    public String question() {
        return "Is anything lost or doubled by kill -9, power cuts, a full disk, failing backends and breaking readers?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(RATE, DURATION, WORK, EVERY, DISK);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Required.ownProcesses(bench);
        if (bench.rig().settings().journal() != JournalKind.ROCKSDB) {
            throw new UsageException("the power of the embedded journal is cut: --journal rocksdb");
        }
        Optional<String> obstacle = Disk.obstacle(bench.rig().work());
        try (CountingBackend backend = new CountingBackend(bench.get(WORK))) {
            GatewaySetup setup = Workload.prepared(bench.rig().setup(backend.base()));
            Optional<Disk> disk = Optional.empty();
            if (obstacle.isEmpty()) {
                Disk made = Disk.create(bench.rig().work(), bench.get(DISK));
                bench.rig().atEnd(made::close);
                disk = Optional.of(made);
                setup = setup.withData(made.path().resolve("data"));
            } else {
                bench.note("Not tried: power cuts and a full disk, because no file system can be mounted here ("
                        + obstacle.get() + "). Run it as root on Linux, with mkfs.ext4.");
            }
            Victim victim = new Victim(bench, "gateway", setup);
            try (Workload workload =
                    new Workload(bench, List.of(victim.gateway().base()), backend)) {
                Faults faults = new Faults(bench, victim, backend, disk);
                Phase phase = prove(bench, workload, faults);
                workload.settle(List.of(victim.gateway()));
                faults.state();
                victim.state();
                bench.latencies("202 after the request was due, outages included", phase);
                bench.accounts().count("calls that the backend made fail", backend.failures());
            }
        }
    }

    private static Phase prove(Bench bench, Workload workload, Faults faults) throws Exception {
        Duration time = bench.get(DURATION);
        Phase phase = bench.phase("breaking things", time);
        try (phase;
                Background load = Background.of(() -> workload.run(bench.get(RATE), phase))) {
            long end = System.nanoTime() + time.toNanos();
            while (load.running() && (faults.count() < faults.kinds() || System.nanoTime() < end)) {
                workload.awaitMore(load);
                long most = bench.get(EVERY).toMillis();
                Thread.sleep(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
                bench.say(workload.accepted() + " accepted");
                faults.next();
            }
            workload.finish(load);
        }
        return phase;
    }

    /** What is done to it, each kind as often as any other, in an order that differs. */
    private static final class Faults {

        private final Bench bench;
        private final Victim victim;
        private final CountingBackend backend;
        private final Map<String, Background.Work> kinds = new LinkedHashMap<>();
        private final Map<String, Integer> done = new LinkedHashMap<>();
        private final List<String> turn = new ArrayList<>();
        private long dropped;
        private long kept;
        private long torn;
        private long refused;

        private Faults(Bench bench, Victim victim, CountingBackend backend, Optional<Disk> disk) {
            this.bench = bench;
            this.victim = victim;
            this.backend = backend;
            kinds.put("kill -9", this::kill);
            kinds.put("failing backend", this::failBackend);
            disk.ifPresent(one -> {
                kinds.put("power cut", () -> cutPower(one));
                kinds.put("full disk", () -> fill(one));
            });
        }

        private int kinds() {
            return kinds.size();
        }

        private int count() {
            return done.values().stream().mapToInt(value -> value).sum();
        }

        private void next() throws Exception {
            if (turn.isEmpty()) {
                turn.addAll(kinds.keySet());
                Collections.shuffle(turn);
            }
            String kind = turn.remove(turn.size() - 1);
            bench.say(kind);
            kinds.get(kind).run();
            done.merge(kind, 1, Integer::sum);
        }

        private void kill() throws InterruptedException {
            victim.kill();
            victim.restart();
        }

        private void failBackend() throws InterruptedException {
            backend.failing(true);
            Thread.sleep(LASTING.toMillis());
            backend.failing(false);
        }

        private void cutPower(Disk disk) throws Exception {
            Unsynced unsynced = disk.cutPower(bench.process(victim.gateway()));
            bench.say("  unsynced pages: " + unsynced);
            dropped += unsynced.dropped();
            kept += unsynced.kept();
            torn += unsynced.torn();
            victim.restart();
        }

        private void fill(Disk disk) throws Exception {
            disk.fill();
            double before = refused();
            Thread.sleep(LASTING.toMillis());
            victim.checkAlive();
            refused += Math.round(refused() - before);
            disk.free();
        }

        private double refused() {
            return victim.gateway().metrics().sum("sluice_refused_total");
        }

        private void state() {
            done.forEach((kind, times) -> bench.figure(Figure.plain(kind, "times", times)));
            if (done.containsKey("power cut")) {
                bench.figure(Figure.plain("unsynced pages of logs, dropped", "", dropped));
                bench.figure(Figure.plain("unsynced pages of logs, kept", "", kept));
                bench.figure(Figure.plain("unsynced pages of logs, torn", "", torn));
                if (dropped + kept + torn == 0) {
                    bench.note("No power cut met a page of a log that nobody had synced: nothing could be torn.");
                }
            }
            if (done.containsKey("full disk")) {
                bench.figure(Figure.plain("requests refused while the disk was full", "", refused));
            }
        }
    }
}
