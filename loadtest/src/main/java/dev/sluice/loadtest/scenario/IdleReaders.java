package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.measure.Trend;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.JvmControl;
import dev.sluice.loadtest.rig.ProcessStats;
import dev.sluice.loadtest.rig.Started;
import java.util.ArrayList;
import java.util.List;

/**
 * What a reader that waits costs the gateway: the slope of memory over their number, some seconds after the last of them came and
 * after a full collection.
 */
final class IdleReaders {

    private static final int STEPS = 8;
    private static final String GATE = "idle";
    private static final long PIECES = 2;

    /** After which a gateway has parked the connection of somebody who reads, in ms. */
    private static final long PARKED = 3_000;

    private static final double MIB = 1024 * 1024;

    private final Bench bench;
    private final Streamed streamed;
    private final List<double[]> heap = new ArrayList<>();
    private final List<double[]> resident = new ArrayList<>();

    IdleReaders(Bench bench, Streamed streamed) {
        this.bench = bench;
        this.streamed = streamed;
    }

    /** Adds readers of one job in equal steps; in the end its backend writes, and all of them must have that. */
    void run(int most) throws Exception {
        int bytes = bench.get(Streamed.BYTES);
        try (Phase phase = bench.phase("idle readers", most);
                Crowd crowd = new Crowd(streamed.gateway().base(), new Latencies())) {
            List<String> paths = streamed.submit(1, Streamed.gated(PIECES, 1, bytes, GATE), job -> {});
            streamed.awaitStreaming();
            for (int step = 1; step <= STEPS; step++) {
                int until = (int) ((long) most * step / STEPS);
                phase.done().add(until - crowd.size());
                while (crowd.size() < until) {
                    crowd.reader(paths.get(0), PIECES).ask();
                }
                crowd.awaitThere();
                Thread.sleep(PARKED); // nothing tells when it is
                look(until);
            }
            bench.accounts().zero("readers that could not connect", crowd.size() - crowd.there.sum());
            streamed.begin(GATE);
            crowd.awaitEnd();
            crowd.settle(bench.accounts());
            streamed.settle(paths, PIECES * bytes);
        }
        state("heap of the gateway for a reader that waits", heap);
        state("resident memory of the gateway for a reader that waits", resident);
    }

    private void look(int readers) {
        Started process = bench.process(streamed.gateway());
        if (JvmControl.collect(bench.rig().settings().java(), process.pid())) {
            add("heap", heap, readers, streamed.gateway().metrics().sum("jvm_memory_used_bytes", "area", "heap"));
        }
        double bytes = process.stats().map(ProcessStats::resident).orElse(0L);
        add("resident", resident, readers, bytes);
    }

    private void add(String name, List<double[]> points, int readers, double bytes) {
        points.add(new double[] {readers, bytes});
        bench.timeline().add("Memory beside idle readers, after a collection", "MiB", name, bytes / MIB);
        bench.timeline().add("Idle readers", "", "readers", readers);
    }

    private void state(String name, List<double[]> points) {
        if (points.size() < STEPS) {
            bench.note(name + " was not measured: there is no jcmd beside java.");
            return;
        }
        Trend trend = Trend.of(points);
        bench.figure(Figure.lower(name, "KiB", trend.slope() / 1024));
        bench.figure(Figure.plain(name + ", standard error", "KiB", trend.error() / 1024));
    }
}
