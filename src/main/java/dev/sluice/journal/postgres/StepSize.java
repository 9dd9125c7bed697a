package dev.sluice.journal.postgres;

import java.util.function.IntToLongFunction;

/**
 * Adapts the size of the steps of a long operation: a quarter after a step that timed out, down to one, and gradually
 * more after successful ones, so that a step that is too large is not repeated unchanged. Thread-safe.
 */
final class StepSize {

    private static final int GROWTH = 64;

    private final int most;
    private volatile int size;

    StepSize(int most) {
        this.most = most;
        this.size = most;
    }

    int get() {
        return size;
    }

    /** Runs steps until one finds nothing to do; returns the total. */
    long steps(IntToLongFunction step) {
        long all = 0;
        long done;
        do {
            done = once(step);
            all += done;
        } while (done > 0);
        return all;
    }

    /** Runs one step; returns what it has done. */
    long once(IntToLongFunction step) {
        for (int tried = size; ; tried = size) {
            try {
                long done = step.applyAsLong(tried);
                grow();
                return done;
            } catch (DatabaseException e) {
                if (tried <= 1 || !Faults.isTooMuch(e)) {
                    throw e;
                }
                size = Math.min(size, Math.max(1, tried / 4));
            }
        }
    }

    private void grow() {
        size = Math.min(most, size + Math.max(1, most / GROWTH));
    }
}
