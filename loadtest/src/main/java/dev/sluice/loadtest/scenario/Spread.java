package dev.sluice.loadtest.scenario;

import java.util.List;

/** Percentiles of a few numbers, exactly. */
final class Spread {

    private static final double ALL = 100;

    private Spread() {}

    /**
     * The smallest of the numbers that so many percent of them do not exceed.
     *
     * @throws IllegalArgumentException if there are none
     */
    static double at(List<Double> numbers, double percentile) {
        if (numbers.isEmpty()) {
            throw new IllegalArgumentException("there are no numbers");
        }
        List<Double> sorted = numbers.stream().sorted().toList();
        int rank = (int) Math.ceil(percentile / ALL * sorted.size());
        return sorted.get(Math.max(0, Math.min(sorted.size(), rank) - 1));
    }
}
