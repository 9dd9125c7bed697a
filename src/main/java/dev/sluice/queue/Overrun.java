package dev.sluice.queue;

/**
 * By which factor jobs of a route exceed their expected time, in nine of ten cases at most. Follows the 0.9 quantile of the ratios
 * of actual to expected times by stochastic approximation (Robbins and Monro, 1951): a job beyond the factor raises its logarithm
 * by nine parts, one within it lowers it by one. Steps are longer at first.
 *
 * <p>When conditions change, such as in an outage, more than one of ten promises made before is broken. Then a higher quantile is
 * followed until the share of all is right again, as adaptive conformal inference does (Gibbs and Candès, 2021); what is made up
 * for is bounded.
 *
 * <p>For any thread; {@link #factor} takes no lock.
 */
final class Overrun {

    private static final double SHARE = 0.9;
    private static final double FIRST = Math.log(2);
    private static final double MOST = Math.log(50);
    private static final double STEP = 0.05;
    private static final double LONGEST_STEP = 0.5;
    private static final double STEPS = 10;

    /** The most broken promises that are made up for, and kept ones that are allowed for. */
    private static final double MOST_DEBT = 500;

    private static final double LEAST_SHARE = 0.85;
    private static final double MOST_SHARE = 0.97;
    private static final double SHARE_PER_DEBT = 0.001;

    private volatile double logarithm = FIRST;
    private long count;
    private double debt;

    /** Returns the factor, from 1 to 50. */
    double factor() {
        return Math.exp(logarithm);
    }

    /**
     * Learns from a finished job.
     *
     * @param ratio of the actual to the expected time
     * @param late whether it took longer than its client was told
     */
    synchronized void learn(double ratio, boolean late) {
        debt = Math.max(-MOST_DEBT, Math.min(MOST_DEBT, debt + (late ? SHARE : SHARE - 1)));
        double share = Math.max(LEAST_SHARE, Math.min(MOST_SHARE, SHARE + SHARE_PER_DEBT * debt));
        double step = Math.max(STEP, Math.min(LONGEST_STEP, STEPS / (STEPS + ++count)));
        double known = logarithm;
        double next = known + step * (Math.log(ratio) > known ? share : share - 1);
        logarithm = Math.max(0, Math.min(MOST, next));
    }
}
