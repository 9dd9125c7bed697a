package dev.sluice.journal.postgres;

import java.util.function.IntToLongFunction;

/**
 * How much one step of a long work takes on: a quarter after a step that took longer than a statement may, down to one, and
 * little by little more after steps that did not. So what is too much for one statement is never tried twice in the same
 * way. For any thread.
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

    /** Makes steps until one finds nothing more to do; returns how much was done. */
    long steps(IntToLongFunction step) {
        long all = 0;
        long done;
        do {
            done = step(step);
            all += done;
        } while (done > 0);
        return all;
    }

    private long step(IntToLongFunction step) {
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
