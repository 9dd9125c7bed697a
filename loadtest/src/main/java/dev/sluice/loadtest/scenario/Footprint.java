package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Trend;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.GatewaySetup;
import dev.sluice.loadtest.rig.JvmControl;
import dev.sluice.loadtest.rig.ProcessStats;
import dev.sluice.loadtest.rig.Started;
import dev.sluice.loadtest.rig.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a gateway takes of the machine, looked at from time to time, and whether that grows. The cache of the embedded journal, which
 * has a bound and fills within some hundred thousand jobs, is left out.
 */
final class Footprint {

    /** What does not matter: a twentieth of the mean, or so much. */
    private static final double PART = 0.05;

    private static final String CHART = "Footprint at rest";
    private static final double MIB = 1024 * 1024;
    private static final int LEAST = 10;

    private enum Kind {
        HEAP("heap after a collection", "MiB", 4),
        RESIDENT("resident memory beside the journal's cache", "MiB", 16),
        THREADS("threads", "", 4),
        DESCRIPTORS("descriptors", "", 16),
        FILES("files of the journal", "", 8),
        DISK("disk space of the journal", "MiB", 32);

        private final String text;
        private final String unit;
        private final double least;

        Kind(String text, String unit, double least) {
            this.text = text;
            this.unit = unit;
            this.least = least;
        }
    }

    private final Bench bench;
    private final Gateway gateway;
    private final Map<Kind, List<double[]>> points = new LinkedHashMap<>();

    Footprint(Bench bench, Gateway gateway) {
        this.bench = bench;
        this.gateway = gateway;
    }

    /** Looks at it now, after a full collection. */
    void look() throws IOException {
        Started process = bench.process(gateway);
        if (JvmControl.collect(bench.rig().settings().java(), process.pid())) {
            add(Kind.HEAP, gateway.metrics().sum("jvm_memory_used_bytes", "area", "heap") / MIB);
        }
        ProcessStats stats = process.stats().orElseThrow(() -> new IllegalStateException("the gateway has ended"));
        add(Kind.RESIDENT, (stats.resident() - gateway.metrics().sum("sluice_journal_memory_bytes")) / MIB);
        add(Kind.THREADS, stats.threads());
        if (stats.descriptors() >= 0) {
            add(Kind.DESCRIPTORS, stats.descriptors());
        }
        Path data = gateway.setup().map(GatewaySetup::data).orElseThrow();
        if (Files.isDirectory(data)) {
            add(Kind.DISK, Trees.size(data) / MIB);
            try (var files = Files.walk(data)) {
                add(Kind.FILES, files.filter(Files::isRegularFile).count());
            }
        }
    }

    private void add(Kind kind, double value) {
        points.computeIfAbsent(kind, unused -> new ArrayList<>())
                .add(new double[] {bench.timeline().now(), value});
        bench.timeline().add(CHART + ": " + kind.text, kind.unit, kind.text, value);
    }

    /** States the mean and the growth over the second half; what grows by more than the noise explains breaks a promise. */
    void settle() {
        points.forEach((kind, all) -> {
            List<double[]> half = all.subList(all.size() / 2, all.size());
            if (half.size() < LEAST) {
                bench.note(kind.text + ": too short a run to say whether it grows (" + half.size() + " of at least "
                        + LEAST + " looks in its second half).");
                return;
            }
            Trend trend = Trend.of(half);
            bench.figure(Figure.lower(kind.text + ", second half", kind.unit, trend.mean())
                    .slices(half.stream().map(point -> point[1]).toList()));
            bench.figure(Figure.plain(kind.text + ", growth an hour", kind.unit, trend.slope() * 3_600));
            bench.accounts().zero(kind.text + " grows", trend.grows(PART, kind.least) ? 1 : 0);
        });
        if (!points.containsKey(Kind.HEAP)) {
            bench.note("The heap was not looked at: there is no jcmd beside java.");
        }
    }
}
