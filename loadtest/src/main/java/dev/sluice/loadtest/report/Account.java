package dev.sluice.loadtest.report;

/**
 * A line of the accounts.
 *
 * @param promise what the value must be for the run to be good
 */
public record Account(String name, long value, Promise promise) {

    /** What was promised. */
    public enum Promise {
        ZERO,
        /** Nothing: the value only tells. */
        NONE
    }

    public boolean good() {
        return promise == Promise.NONE || value == 0;
    }
}
