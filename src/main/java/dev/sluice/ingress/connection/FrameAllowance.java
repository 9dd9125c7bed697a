package dev.sluice.ingress.connection;

import java.util.concurrent.TimeUnit;

/**
 * How many frames without anything of a request in them (PING, SETTINGS, WINDOW_UPDATE and the like) an HTTP/2 connection may
 * still bring. Some come by the clock; others are earned by what is sent to the client, who has to acknowledge it with changes
 * of windows.
 */
public final class FrameAllowance {

    /** How many may come at once. */
    static final int BURST = 10_000;

    /** How many more in each second. */
    static final int PER_SECOND = 1_000;

    /**
     * Bytes sent that earn one more: a piece of a body in a frame of its own, however small, earns nearly the two changes of
     * windows that acknowledge it, and the answer to a PING less than that cost.
     */
    static final int BYTES = 16;

    private static final long NANOS = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
    private static final long MOST = BURST * NANOS;

    private long left = MOST; // in nanoseconds that it takes to come by so many
    private long at;

    FrameAllowance(long nanos) {
        at = nanos;
    }

    /** Something was sent. */
    void sent(int bytes) {
        left = Math.min(MOST, left + bytes * (NANOS / BYTES));
    }

    /** Such frames have come; false if they are too many. */
    boolean take(int frames, long nanos) {
        left = Math.min(MOST, left + nanos - at) - frames * NANOS;
        at = nanos;
        return left >= 0;
    }
}
