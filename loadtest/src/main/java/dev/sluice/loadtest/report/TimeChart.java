package dev.sluice.loadtest.report;

import java.util.List;
import java.util.Locale;

/** Curves over the time of a run, as SVG, with the phases as bands behind them. */
final class TimeChart {

    static final int WIDTH = 640;
    static final int HEIGHT = 220;
    static final double LEFT = 46;
    static final double RIGHT = WIDTH - 10.0;
    private static final double TOP = 20;
    private static final double BOTTOM = HEIGHT - 24.0;
    private static final int MOST_POINTS = 600;
    private static final double GAP = 3;

    private final String title;
    private final List<Series> curves;
    private final List<Stretch> phases;
    private final Scale x;
    private final Scale y;

    /** A chart of curves that all have the same unit. */
    TimeChart(String title, List<Series> curves, List<Stretch> phases, double seconds) {
        this.title = title;
        this.curves = curves;
        this.phases = phases;
        this.x = Scale.exact(0, seconds, LEFT, RIGHT);
        double largest = curves.stream()
                .flatMap(curve -> curve.points().stream())
                .mapToDouble(point -> point[1])
                .max()
                .orElse(1);
        double smallest = curves.stream()
                .flatMap(curve -> curve.points().stream())
                .mapToDouble(point -> point[1])
                .filter(value -> value > 0)
                .min()
                .orElse(largest);
        boolean decades = curves.stream().anyMatch(curve -> curve.unit().equals("ms")) && largest / smallest > 20;
        this.y = decades ? Scale.decades(smallest, largest, BOTTOM, TOP) : Scale.linear(largest, BOTTOM, TOP);
    }

    /**
     * Draws it.
     *
     * @param style empty for a page, which has its own
     */
    String svg(String style) {
        Svg svg = style.isEmpty()
                ? new Svg(title, WIDTH, HEIGHT)
                : new Svg(
                        title + unit(),
                        WIDTH,
                        HEIGHT,
                        style,
                        curves.stream().map(Series::name).toList());
        bands(svg);
        for (double tick : y.ticks()) {
            svg.line("grid", LEFT, y.at(tick), RIGHT, y.at(tick));
            svg.label("tick", "end", LEFT - 6, y.at(tick) + 4, Numbers.axis(tick));
        }
        for (double tick : x.ticks()) {
            boolean last = x.at(tick) > RIGHT - 20;
            svg.label("tick", last ? "end" : "middle", last ? RIGHT : x.at(tick), BOTTOM + 16, seconds(tick));
        }
        for (int i = 0; i < curves.size(); i++) {
            svg.path("curve c" + i, steps(curves.get(i).points()));
        }
        return svg.end();
    }

    private String unit() {
        String unit = curves.get(0).unit();
        return unit.isEmpty() ? "" : ", " + unit;
    }

    private void bands(Svg svg) {
        double labelled = 0;
        for (int i = 0; i < phases.size(); i++) {
            double from = x.at(phases.get(i).from());
            double to = x.at(phases.get(i).to());
            svg.box(i % 2 == 0 ? "band" : "band other", from, TOP, to - from, BOTTOM - TOP);
            if (from >= labelled && to - from > 6.2 * phases.get(i).name().length()) {
                svg.label("phase", "start", from + 3, TOP - 6, phases.get(i).name());
                labelled = from + 6.2 * phases.get(i).name().length();
            }
        }
    }

    /** Broken where nothing was sampled for some seconds; of many points near each other the largest stays. */
    private CharSequence steps(List<double[]> points) {
        StringBuilder steps = new StringBuilder();
        int together = Math.max(1, points.size() / MOST_POINTS);
        double usual =
                points.size() < 2 ? 1 : (points.get(points.size() - 1)[0] - points.get(0)[0]) / (points.size() - 1);
        double last = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < points.size(); i += together) {
            double at = points.get(i)[0];
            double value = points.subList(i, Math.min(points.size(), i + together)).stream()
                    .mapToDouble(point -> point[1])
                    .max()
                    .orElseThrow();
            boolean begins = at - last > GAP * Math.max(1, usual * together);
            steps.append(String.format(Locale.ROOT, "%s%.1f %.1f", begins ? "M" : "L", x.at(at), y.at(value)));
            if (begins) {
                steps.append("h.01"); // a point alone is seen, too
            }
            last = at;
        }
        return steps;
    }

    private static String seconds(double tick) {
        return tick >= 600 ? Numbers.axis(tick / 60) + " min" : Numbers.axis(tick) + " s";
    }
}
