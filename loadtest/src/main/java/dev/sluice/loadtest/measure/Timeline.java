package dev.sluice.loadtest.measure;

import dev.sluice.loadtest.report.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Curves over the time of a run. Each keeps some thousand points at most: in a long run, neighbours are joined, and the larger
 * value stays. May be used by several threads.
 */
public final class Timeline {

    private static final int MOST = 4_096;

    private final long begun = System.nanoTime();
    private final Map<Key, Curve> curves = new LinkedHashMap<>();

    private record Key(String chart, String unit, String name) {}

    /** Seconds since the run began. */
    public double now() {
        return (System.nanoTime() - begun) / 1e9;
    }

    /** Adds a point at the present time. */
    public void add(String chart, String unit, String name, double value) {
        addAt(chart, unit, name, now(), value);
    }

    /** Adds a point; those of a curve must come in the order of time. */
    public synchronized void addAt(String chart, String unit, String name, double seconds, double value) {
        if (Double.isFinite(value)) {
            curves.computeIfAbsent(new Key(chart, unit, name), unused -> new Curve())
                    .add(seconds, value);
        }
    }

    public synchronized List<Series> series() {
        return curves.entrySet().stream()
                .map(curve -> new Series(
                        curve.getKey().chart(),
                        curve.getKey().unit(),
                        curve.getKey().name(),
                        List.copyOf(curve.getValue().points)))
                .toList();
    }

    private static final class Curve {

        private final List<double[]> points = new ArrayList<>();
        private int perPoint = 1;
        private int joined;

        private void add(double seconds, double value) {
            if (joined > 0 && joined < perPoint) {
                double[] last = points.get(points.size() - 1);
                last[1] = Math.max(last[1], value);
                joined++;
                return;
            }
            if (points.size() == MOST) {
                halve();
            }
            points.add(new double[] {seconds, value});
            joined = 1;
        }

        private void halve() {
            for (int i = 0; i < MOST / 2; i++) {
                double[] one = points.get(2 * i);
                points.set(i, new double[] {one[0], Math.max(one[1], points.get(2 * i + 1)[1])});
            }
            points.subList(MOST / 2, MOST).clear();
            perPoint *= 2;
        }
    }
}
