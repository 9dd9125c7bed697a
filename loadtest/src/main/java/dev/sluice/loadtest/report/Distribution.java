package dev.sluice.loadtest.report;

import java.util.List;

/**
 * How long things took, all of them.
 *
 * @param points each a pair: percentile (0 to 100), milliseconds
 */
public record Distribution(String name, long count, List<double[]> points) {}
