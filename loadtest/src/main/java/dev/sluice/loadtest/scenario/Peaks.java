package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Charts;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.report.Series;
import dev.sluice.loadtest.report.Stretch;
import java.util.List;
import java.util.OptionalDouble;

/** The highest point of a curve in some phases. */
final class Peaks {

    private Peaks() {}

    /** The largest value of a curve in stretches of time; empty if it has no point there. */
    static OptionalDouble of(List<double[]> points, List<Stretch> stretches) {
        return points.stream()
                .filter(point ->
                        stretches.stream().anyMatch(stretch -> point[0] >= stretch.from() && point[0] <= stretch.to()))
                .mapToDouble(point -> point[1])
                .max();
    }

    /** States the peaks of resident memory and heap in the phases whose names begin so. */
    static void memory(Bench bench, String phases) {
        List<Stretch> stretches = bench.phases().stream()
                .filter(phase -> phase.name().startsWith(phases))
                .toList();
        for (Series series : bench.timeline().series()) {
            if (series.chart().equals(Charts.MEMORY)) {
                of(series.points(), stretches)
                        .ifPresent(peak ->
                                bench.figure(Figure.lower(series.name() + ", peak during " + phases, "MiB", peak)));
            }
        }
    }
}
