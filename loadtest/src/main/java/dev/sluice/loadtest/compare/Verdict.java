package dev.sluice.loadtest.compare;

import dev.sluice.loadtest.report.Figure;

/** What a difference of two samples is worth. */
enum Verdict {
    /** No more than twice the standard error of the difference. */
    NOISE("within the noise"),
    /** More than the slices vary, but processes of one version differ as much. */
    SMALL("small: two processes of one version differ as much"),
    BETTER("better"),
    WORSE("worse"),
    /** A figure of which no direction is better. */
    DIFFERENT("different"),
    /** There are no slices to take the noise from. */
    UNKNOWN("unknown: no slices, run it more often");

    /** By how much runs of the same code were seen to differ from process to process: compilation, collector. */
    static final double PROCESSES = 0.10;

    private static final double TIMES = 2;

    private final String words;

    Verdict(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }

    /**
     * Judges a difference.
     *
     * @param runs whether the values are of several runs each, so that they tell how processes differ
     */
    static Verdict of(Sample before, Sample after, Figure.Better better, boolean runs) {
        double difference = after.mean() - before.mean();
        if (difference == 0) {
            return NOISE;
        }
        double error = Math.hypot(before.standardError(), after.standardError());
        if (Double.isNaN(error)) {
            return UNKNOWN;
        }
        if (Math.abs(difference) <= TIMES * error) {
            return NOISE;
        }
        if (!runs && Math.abs(difference) <= PROCESSES * Math.abs(before.mean())) {
            return SMALL;
        }
        return switch (better) {
            case NONE -> DIFFERENT;
            case HIGHER -> difference > 0 ? BETTER : WORSE;
            case LOWER -> difference < 0 ? BETTER : WORSE;
        };
    }
}
