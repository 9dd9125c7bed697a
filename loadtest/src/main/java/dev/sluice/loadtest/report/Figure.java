package dev.sluice.loadtest.report;

import java.util.List;

/**
 * A result of a run.
 *
 * @param name unique in the run; two runs are compared by it
 * @param better which direction is the better one
 * @param slices the same figure for each round or slice of the run, from which its noise follows; empty if there are none
 */
public record Figure(String name, String unit, double value, Better better, List<Double> slices) {

    /** Which direction is better. */
    public enum Better {
        HIGHER,
        LOWER,
        /** Neither: it describes. */
        NONE
    }

    public static Figure higher(String name, String unit, double value) {
        return new Figure(name, unit, value, Better.HIGHER, List.of());
    }

    public static Figure lower(String name, String unit, double value) {
        return new Figure(name, unit, value, Better.LOWER, List.of());
    }

    public static Figure plain(String name, String unit, double value) {
        return new Figure(name, unit, value, Better.NONE, List.of());
    }

    /** The same with its slices. */
    public Figure slices(List<Double> values) {
        return new Figure(name, unit, value, better, List.copyOf(values));
    }
}
