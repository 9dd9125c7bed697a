package dev.sluice.journal.postgres;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Exponential backoff while the database is unavailable, with a time limit. */
final class Backoff {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    private final long patience;
    private long firstFailure;
    private long pause = FIRST_PAUSE.toNanos();
    private boolean failed;

    /**
     * Creates a backoff.
     *
     * @param patience the time limit, from the first failure on
     */
    Backoff(Duration patience) {
        this.patience = patience.toNanos();
    }

    /** Waits before the next try; false if the limit is reached or the thread was interrupted. */
    boolean pause() {
        long now = System.nanoTime();
        if (!failed) {
            failed = true;
            firstFailure = now;
        }
        if (now - firstFailure > patience || Thread.currentThread().isInterrupted()) {
            return false;
        }
        LockSupport.parkNanos(this, pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE.toNanos());
        return true;
    }
}
