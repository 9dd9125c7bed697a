package dev.sluice.loadtest.compare;

import java.util.List;

/**
 * Values of one figure: of several runs, or of the slices of one.
 *
 * @param mean of the values; of a single run, the figure as it states it
 */
record Sample(double mean, List<Double> values) {

    /** The standard error of the mean; NaN for fewer than two values. */
    double standardError() {
        int count = values.size();
        if (count < 2) {
            return Double.NaN;
        }
        double middle = values.stream().mapToDouble(value -> value).average().orElseThrow();
        double squares = values.stream()
                .mapToDouble(value -> (value - middle) * (value - middle))
                .sum();
        return Math.sqrt(squares / (count - 1) / count);
    }
}
