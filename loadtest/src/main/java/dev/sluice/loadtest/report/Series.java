package dev.sluice.loadtest.report;

import java.util.List;

/**
 * A curve of a chart.
 *
 * @param chart title of the chart that it belongs to
 * @param unit of its values, the same for all curves of a chart
 * @param points each a pair: seconds since the run began, value
 */
public record Series(String chart, String unit, String name, List<double[]> points) {}
