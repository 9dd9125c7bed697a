package dev.sluice.dispatch;

import dev.sluice.protection.Opening;
import dev.sluice.protection.Protection;
import dev.sluice.route.CallPolicy;
import dev.sluice.waiting.WaitingBytes;
import java.time.Duration;
import java.time.Instant;
import reactor.core.publisher.Flux;

/**
 * Counts the bodies on their way from and to backends, and lets no call begin while there is no memory for more: each holds no
 * more than {@link #MOST} bytes in each direction, but as many calls may run as the routes allow.
 */
final class BodyBytes implements Protection {

    /** Bytes of a body in memory, at most: a piece that is being written, and the next. */
    static final long MOST = 128 * 1024;

    private static final Duration PAUSE = Duration.ofMillis(100);

    private final WaitingBytes waiting;

    BodyBytes(WaitingBytes waiting) {
        this.waiting = waiting;
    }

    /** The body, whose bytes count until it ends. */
    Flux<byte[]> counted(Flux<byte[]> body) {
        return Flux.using(Held::new, held -> body.doOnNext(held::take), Held::close);
    }

    @Override
    public boolean protects(CallPolicy policy) {
        return true;
    }

    @Override
    public Opening opening(CallPolicy policy, int underWay, Instant now) {
        return waiting.isExhausted() ? Opening.closedUntil(now.plus(PAUSE)) : Opening.FREE;
    }

    /** What one body holds; a cancellation may overlap with a piece. */
    private final class Held {

        private long bytes;
        private boolean closed;

        synchronized void take(byte[] piece) {
            long more = Math.min(piece.length, MOST - bytes);
            if (!closed && more > 0) {
                bytes += more;
                waiting.ofCalls(more);
            }
        }

        synchronized void close() {
            closed = true;
            waiting.ofCalls(-bytes);
            bytes = 0;
        }
    }
}
