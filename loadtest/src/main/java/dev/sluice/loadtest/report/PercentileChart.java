package dev.sluice.loadtest.report;

import java.util.List;
import java.util.Locale;

/** Latencies by percentile, as SVG: each step to the right is a tenth of what was left, so that the tail can be seen. */
final class PercentileChart {

    private static final String TITLE = "Latencies by percentile";
    private static final int WIDTH = 640;
    private static final int HEIGHT = 260;
    private static final double LEFT = 46;
    private static final double RIGHT = WIDTH - 16.0;
    private static final double TOP = 14;
    private static final double BOTTOM = HEIGHT - 26.0;
    private static final List<String> NAMES = List.of("0", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %");

    private final List<Distribution> distributions;
    private final Scale x;
    private final Scale y;

    PercentileChart(List<Distribution> distributions) {
        this.distributions = distributions;
        long most = distributions.stream().mapToLong(Distribution::count).max().orElse(1);
        double right = Math.min(NAMES.size() - 1.0, Math.max(2, Math.ceil(Math.log10(Math.max(10, most)))));
        this.x = Scale.exact(0, right, LEFT, RIGHT);
        double largest = values().max().orElse(1);
        this.y = Scale.decades(values().filter(value -> value > 0).min().orElse(largest), largest, BOTTOM, TOP);
    }

    private java.util.stream.DoubleStream values() {
        return distributions.stream().flatMap(one -> one.points().stream()).mapToDouble(point -> point[1]);
    }

    String svg(String style) {
        Svg svg = style.isEmpty()
                ? new Svg(TITLE, WIDTH, HEIGHT)
                : new Svg(
                        TITLE + ", ms",
                        WIDTH,
                        HEIGHT,
                        style,
                        distributions.stream().map(Distribution::name).toList());
        for (double tick : y.ticks()) {
            svg.line("grid", LEFT, y.at(tick), RIGHT, y.at(tick));
            svg.label("tick", "end", LEFT - 6, y.at(tick) + 4, Numbers.axis(tick));
        }
        for (int i = 0; i <= x.high(); i++) {
            svg.line("grid", x.at(i), TOP, x.at(i), BOTTOM);
            svg.label("tick", i == 0 ? "start" : i == x.high() ? "end" : "middle", x.at(i), BOTTOM + 16, NAMES.get(i));
        }
        svg.label("tick", "middle", x.at(Math.log10(2)), BOTTOM + 16, "50 %");
        for (int i = 0; i < distributions.size(); i++) {
            svg.path("curve c" + i, steps(distributions.get(i).points()));
        }
        return svg.end();
    }

    private CharSequence steps(List<double[]> points) {
        StringBuilder steps = new StringBuilder();
        for (double[] point : points) {
            double nines = point[0] >= 100 ? x.high() : -Math.log10(1 - point[0] / 100);
            if (nines <= x.high() + 1e-9) {
                steps.append(String.format(
                        Locale.ROOT, "%s%.1f %.1f", steps.isEmpty() ? "M" : "L", x.at(nines), y.at(point[1])));
            }
        }
        return steps;
    }
}
