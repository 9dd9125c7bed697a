package dev.sluice.journal.postgres;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Pauses between tries while the database is away, each twice as long as the one before, until it was tried for long enough. */
final class Backoff {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    private final long patience;
    private long firstFailure;
    private long pause = FIRST_PAUSE.toNanos();
    private boolean failed;

    /**
     * Begins.
     *
     * @param patience for how long from the first failure on it is tried again
     */
    Backoff(Duration patience) {
        this.patience = patience.toNanos();
    }

    /** A try has failed: waits before the next; false if that was the last, or this thread is to end. */
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
