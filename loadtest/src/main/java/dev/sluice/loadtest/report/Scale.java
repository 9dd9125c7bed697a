package dev.sluice.loadtest.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Maps values to a stretch of pixels.
 *
 * @param logarithmic whether decades are equally long; values below {@code low} are then drawn at it
 */
record Scale(double low, double high, double from, double to, boolean logarithmic) {

    private static final int MOST_STEPS = 5;

    /** From 0 to a round number not below the largest value. */
    static Scale linear(double largest, double from, double to) {
        double step = step(largest <= 0 ? 1 : largest);
        return new Scale(0, Math.ceil((largest <= 0 ? 1 : largest) / step - 1e-9) * step, from, to, false);
    }

    /** Exactly from one value to another. */
    static Scale exact(double low, double high, double from, double to) {
        return new Scale(low, high <= low ? low + 1 : high, from, to, false);
    }

    /** Whole decades that hold both values. */
    static Scale decades(double smallest, double largest, double from, double to) {
        double low = Math.pow(10, Math.floor(Math.log10(Math.max(1e-3, smallest)) + 1e-9));
        double high = Math.pow(10, Math.ceil(Math.log10(Math.max(1e-3, largest)) - 1e-9));
        return new Scale(low, high <= low ? low * 10 : high, from, to, true);
    }

    double at(double value) {
        double part = logarithmic
                ? Math.log(Math.max(low, value) / low) / Math.log(high / low)
                : (value - low) / (high - low);
        return from + part * (to - from);
    }

    /** Where lines are drawn. */
    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        if (logarithmic) {
            for (double tick = low; tick <= high * 1.001; tick *= 10) {
                ticks.add(tick);
            }
        } else {
            double step = step(high - low);
            for (double tick = Math.ceil(low / step - 1e-9) * step; tick <= high + step * 1e-6; tick += step) {
                ticks.add(tick);
            }
        }
        return ticks;
    }

    /** 1, 2 or 5 times a power of ten, such that there are a handful of steps. */
    private static double step(double span) {
        double least = span / MOST_STEPS;
        double decade = Math.pow(10, Math.floor(Math.log10(least) + 1e-9));
        double rest = least / decade;
        return decade * (rest > 5 + 1e-9 ? 10 : rest > 2 + 1e-9 ? 5 : rest > 1 + 1e-9 ? 2 : 1);
    }
}
