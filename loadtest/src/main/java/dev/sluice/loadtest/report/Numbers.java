package dev.sluice.loadtest.report;

import java.util.Locale;

/** Numbers as people read them, in every report the same. */
public final class Numbers {

    private Numbers() {}

    /** Three significant digits, or whole from a hundred on. */
    public static String text(double value) {
        double size = Math.abs(value);
        if (size == 0) {
            return "0";
        }
        if (size >= 99.95) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        if (size >= 9.995) {
            return String.format(Locale.ROOT, "%.1f", value);
        }
        return String.format(Locale.ROOT, size >= 0.9995 ? "%.2f" : "%.3f", value);
    }

    /** Shorter, for an axis. */
    public static String axis(double value) {
        double size = Math.abs(value);
        if (size < 1e-9) {
            return "0"; // also for -0
        }
        if (size >= 1e6) {
            return trimmed(value / 1e6) + "M";
        }
        return size >= 1e4 ? trimmed(value / 1e3) + "k" : trimmed(value);
    }

    private static String trimmed(double value) {
        String text = String.format(Locale.ROOT, "%.3f", value);
        return text.replaceAll("\\.?0+$", "");
    }
}
