package dev.sluice.loadtest.scenario;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** The points of a distribution's curve, dense towards its end. */
final class Percentiles {

    private static final int PER_NINE = 12;

    private Percentiles() {}

    static List<double[]> points(Histogram histogram) {
        List<double[]> points = new ArrayList<>();
        if (histogram.getTotalCount() == 0) {
            return points;
        }
        double nines = Math.log10(histogram.getTotalCount());
        for (int i = 0; i <= nines * PER_NINE; i++) {
            double percentile = 100 * (1 - Math.pow(10, -(double) i / PER_NINE));
            points.add(new double[] {percentile, histogram.getValueAtPercentile(percentile) / 1e3});
        }
        points.add(new double[] {100 * (1 - Math.pow(10, -nines)), histogram.getMaxValue() / 1e3});
        return points;
    }
}
