package dev.sluice.ingress.exchange;

import dev.sluice.waiting.Share;
import dev.sluice.waiting.WaitingBytes;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a body that were written and that the client has not taken: says whether there may be more, and when to give the
 * client up because it takes nothing. Confined to the channel's event loop.
 */
final class UntakenBytes {

    private final EventLoop loop;
    private final WaitingBytes waiting;
    private final Runnable evict;
    private final @Nullable Share share;

    private long bytes;
    private long tookLast;
    private @Nullable Future<?> timer;

    /**
     * Creates an account of none.
     *
     * @param evict called, on any thread, when the client is to be given up: it takes nothing, or memory is short
     */
    UntakenBytes(Channel channel, WaitingBytes waiting, Runnable evict) {
        this.loop = channel.eventLoop();
        this.waiting = waiting;
        this.evict = evict;
        // OutputGuard counts the bytes pending for a connection, but not those waiting for the window of a stream.
        this.share = channel instanceof Http2StreamChannel ? waiting.open(evict) : null;
    }

    boolean isEmpty() {
        return bytes == 0;
    }

    /** Whether another piece may be written. */
    boolean hasRoom() {
        return bytes < (waiting.isFull() ? 1 : BodyWriter.WINDOW);
    }

    /** A piece is about to be written. */
    void add(int length) {
        if (bytes == 0) {
            tookLast = loop.ticker().nanoTime();
        }
        bytes += length;
        if (share != null) {
            share.take(length);
        }
    }

    /** A piece was taken. */
    void remove(int length) {
        bytes -= length;
        tookLast = loop.ticker().nanoTime();
        if (share != null) {
            share.give(length);
        }
    }

    /** Sets a timer, or leaves it, if something was not taken at once. */
    void watch() {
        if (timer == null && bytes > 0) {
            timer = loop.schedule(this::look, BodyWriter.LONGEST.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** The body is over. */
    void close() {
        if (timer != null) {
            timer.cancel(false);
        }
        if (share != null) {
            share.close();
        }
    }

    private void look() {
        timer = null;
        long left = BodyWriter.LONGEST.toNanos() - (loop.ticker().nanoTime() - tookLast);
        if (bytes == 0) {
            return;
        } else if (left <= 0) {
            evict.run();
        } else {
            timer = loop.schedule(this::look, left, TimeUnit.NANOSECONDS);
        }
    }
}
