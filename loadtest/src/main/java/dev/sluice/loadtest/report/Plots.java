package dev.sluice.loadtest.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The plots of a run: in its page, and each as a picture of its own. */
public final class Plots {

    private Plots() {}

    /** Curves by chart, in the order of the run; a chart in which nothing ever happened is left out. */
    static Map<String, List<Series>> charts(Run run) {
        Map<String, List<Series>> charts = new LinkedHashMap<>();
        for (Series series : run.series()) {
            charts.computeIfAbsent(series.chart(), unused -> new ArrayList<>()).add(series);
        }
        charts.values()
                .removeIf(curves -> curves.stream()
                        .flatMap(curve -> curve.points().stream())
                        .allMatch(point -> point[1] == 0));
        return charts;
    }

    static String chart(Run run, String title, List<Series> curves, String style) {
        return new TimeChart(title, curves, run.phases(), run.seconds()).svg(style);
    }

    static String percentiles(Run run, String style) {
        return new PercentileChart(run.distributions()).svg(style);
    }

    /** Writes each plot as a picture of its own: {@code <scenario>-<chart>.svg}. */
    public static void write(Run run, Path directory) throws IOException {
        Files.createDirectories(directory);
        String style = Page.resource("colours.css") + Page.resource("alone.css");
        for (Map.Entry<String, List<Series>> chart : charts(run).entrySet()) {
            String name = chart.getKey().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
            Files.writeString(
                    directory.resolve(run.scenario() + "-" + name + ".svg"),
                    chart(run, chart.getKey(), chart.getValue(), style));
        }
        if (!run.distributions().isEmpty()) {
            Files.writeString(directory.resolve(run.scenario() + "-distribution.svg"), percentiles(run, style));
        }
    }
}
