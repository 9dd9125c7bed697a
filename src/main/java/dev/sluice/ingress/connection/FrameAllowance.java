package dev.sluice.ingress.connection;

import java.util.concurrent.TimeUnit;

/**
 * The number of frames that are not part of a request (PING, SETTINGS, WINDOW_UPDATE and the like) which an HTTP/2 client may
 * still send: a token bucket, refilled by time and by the bytes sent to the client, which acknowledges them by window updates.
 */
final class FrameAllowance {

    /** Frames that may arrive at once. */
    static final int BURST = 10_000;

    /** Further frames in each second. */
    static final int PER_SECOND = 1_000;

    /**
     * Bytes sent that allow one more frame: a DATA frame, however small, allows nearly the two window updates that acknowledge
     * it, and the acknowledgement of a PING less than the PING took.
     */
    static final int BYTES = 16;

    private static final long NANOS = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
    private static final long MOST = BURST * NANOS;

    private long left = MOST; // in nanoseconds of refill
    private long at;

    FrameAllowance(long nanos) {
        at = nanos;
    }

    /** Adds what the bytes sent to the client allow. */
    void sent(int bytes) {
        left = Math.min(MOST, left + bytes * (NANOS / BYTES));
    }

    /** Takes frames that have arrived; false if they are too many. */
    boolean take(int frames, long nanos) {
        left = Math.min(MOST, left + nanos - at) - frames * NANOS;
        at = nanos;
        return left >= 0;
    }
}
