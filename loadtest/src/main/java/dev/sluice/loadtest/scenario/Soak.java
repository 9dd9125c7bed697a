package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.CountingBackend;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.rig.GatewaySetup;
import java.time.Duration;
import java.util.List;

/** A mixed load at a modest rate for long, with all jobs looked at, and what the gateway takes of the machine between. */
final class Soak implements Scenario {

    private static final Option<Integer> RATE = Common.RATE.usually("50");
    private static final Option<Duration> DURATION = Common.DURATION.usually("1h");
    private static final Option<Duration> WORK = Common.WORK.usually("50ms");
    private static final Option<Duration> SHIFT = Option.duration(
            "shift", "60s", "how long jobs are sent before all of them are looked at, and what the gateway takes");
    private static final Option<Duration> KEEP = Option.duration(
            "keep", "3m", "how long finished jobs are kept; must be longer than it takes to look at them");

    @Override
    public String name() {
        return "soak";
    }

    @Override
    public String question() {
        return "Do heap, resident memory, threads, descriptors, files and disk space stay flat under a mixed load?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(RATE, DURATION, WORK, SHIFT, KEEP);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Required.ownProcesses(bench);
        try (CountingBackend backend = new CountingBackend(bench.get(WORK))) {
            Victim gateway =
                    new Victim(bench, "gateway", forgetting(bench, bench.rig().setup(backend.base())));
            Footprint footprint = new Footprint(bench, gateway.gateway());
            long end = System.nanoTime() + bench.get(DURATION).toNanos();
            int shifts = 0;
            Phase last;
            do {
                shifts++;
                last = bench.phase("shift " + shifts, bench.get(SHIFT));
                try (Workload workload =
                        Workload.forLong(bench, List.of(gateway.gateway().base()), backend)) {
                    shift(bench, workload, last);
                    workload.settle(List.of(gateway.gateway()));
                }
                backend.forget();
                footprint.look();
            } while (System.nanoTime() < end);
            bench.latencies("202 after the request was due, last shift", last);
            footprint.settle();
        }
    }

    private static void shift(Bench bench, Workload workload, Phase phase) throws Exception {
        Duration time = bench.get(SHIFT);
        try (phase;
                Background load = Background.of(() -> workload.run(bench.get(RATE), phase))) {
            long end = System.nanoTime() + time.toNanos();
            while (load.running() && System.nanoTime() < end) {
                Thread.sleep(50); // whichever is first
            }
            workload.finish(load);
        }
    }

    /** A gateway that forgets so soon that what it keeps does not grow. */
    private static GatewaySetup forgetting(Bench bench, GatewaySetup setup) {
        String keep = bench.get(KEEP).toMillis() + "ms";
        return Workload.prepared(setup)
                .with("--sluice.routes.work.keep=" + keep)
                .with("--sluice.routes.once.keep=" + keep)
                .with("--sluice.groups.keep=" + keep)
                .with("--sluice.journal.tombstones=" + keep);
    }
}
