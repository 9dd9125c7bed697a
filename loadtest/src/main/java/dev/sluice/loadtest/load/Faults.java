package dev.sluice.loadtest.load;

/**
 * Of a hundred calls of a backend, how many go wrong in which way; the others succeed.
 *
 * @param errors answer 500
 * @param resets are read, and their connection is reset
 * @param cuts get the beginning of an answer, and their connection is closed
 * @param hangs are never answered
 * @param drips get an answer that comes piece by piece, which takes long but succeeds
 */
public record Faults(int errors, int resets, int cuts, int hangs, int drips) {

    /** All calls succeed. */
    public static final Faults NONE = new Faults(0, 0, 0, 0, 0);

    private static final int ALL = 100;

    /** What becomes of a call. */
    public enum Fault {
        NONE,
        ERROR,
        RESET,
        CUT,
        HANG,
        DRIP
    }

    /**
     * Checks that there are no more than a hundred.
     *
     * @throws IllegalArgumentException if there are more, or a share is negative
     */
    public Faults {
        if (Math.min(Math.min(errors, resets), Math.min(cuts, Math.min(hangs, drips))) < 0
                || errors + resets + cuts + hangs + drips > ALL) {
            throw new IllegalArgumentException("the shares of faults are percentages of at most 100 together");
        }
    }

    /**
     * What becomes of a call.
     *
     * @param number from 0 to 99, each equally likely
     */
    public Fault pick(int number) {
        int[] shares = {errors, resets, cuts, hangs, drips};
        Fault[] faults = {Fault.ERROR, Fault.RESET, Fault.CUT, Fault.HANG, Fault.DRIP};
        int end = 0;
        for (int i = 0; i < shares.length; i++) {
            end += shares[i];
            if (number < end) {
                return faults[i];
            }
        }
        return Fault.NONE;
    }

    /** Of how many calls the gateway must think that they have failed. */
    public double failing() {
        return (errors + resets + cuts + hangs) / (double) ALL;
    }
}
