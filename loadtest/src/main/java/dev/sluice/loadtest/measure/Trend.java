package dev.sluice.loadtest.measure;

import java.util.List;

/**
 * A straight line through points by least squares.
 *
 * @param slope of the line, a unit of time
 * @param error standard error of the slope, from how far the points lie from the line
 * @param mean of the values
 * @param span between the first point and the last
 */
public record Trend(double slope, double error, double mean, double span) {

    private static final int LEAST = 5;

    /** Points that follow each other are not independent, so the error of a fit is larger than it says. */
    private static final double ERRORS = 6;

    /**
     * Through points, each a pair of time and value.
     *
     * @throws IllegalArgumentException if there are fewer than five
     */
    public static Trend of(List<double[]> points) {
        if (points.size() < LEAST) {
            throw new IllegalArgumentException("a line through " + points.size() + " points says nothing");
        }
        double meanTime =
                points.stream().mapToDouble(point -> point[0]).average().orElseThrow();
        double mean = points.stream().mapToDouble(point -> point[1]).average().orElseThrow();
        double squares = 0;
        double products = 0;
        for (double[] point : points) {
            squares += (point[0] - meanTime) * (point[0] - meanTime);
            products += (point[0] - meanTime) * (point[1] - mean);
        }
        double slope = squares == 0 ? 0 : products / squares;
        double rest = 0;
        for (double[] point : points) {
            double off = point[1] - mean - slope * (point[0] - meanTime);
            rest += off * off;
        }
        double error = squares == 0 ? 0 : Math.sqrt(rest / (points.size() - 2) / squares);
        return new Trend(slope, error, mean, points.get(points.size() - 1)[0] - points.get(0)[0]);
    }

    /** How much the line rises from the first point to the last. */
    public double growth() {
        return slope * span;
    }

    /**
     * Whether it rises by more than the noise explains, and by more than matters.
     *
     * @param part of the mean that does not matter
     * @param least what does not matter, whatever the mean
     */
    public boolean grows(double part, double least) {
        return slope > ERRORS * error && growth() > Math.max(part * mean, least);
    }
}
