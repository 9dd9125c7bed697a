package dev.sluice.ingress.connection;

import dev.sluice.waiting.Share;
import dev.sluice.waiting.WaitingBytes;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Accounts for the bytes that a connection of either protocol has pending for its client, and resets the connection if the
 * client takes none of them for a while. Stops reading from a client that sends requests without taking the responses. A client
 * that takes everything at once, as nearly all do, sets no timer.
 *
 * <p>Netty's {@code WriteTimeoutHandler} limits the time of each write as a whole, so it would cut a client that takes a large
 * piece slowly but steadily.
 */
public final class OutputGuard extends ChannelDuplexHandler {

    private static final String NAME = "sluice.outputGuard";

    /** The client has to take some of the pending bytes in this time. */
    static final Duration LONGEST = Duration.ofMinutes(1);

    /** With so many bytes pending, more than a single response has, nothing more is read. */
    static final long PAUSING = 256 * 1024;

    private static final long RESUMING = 64 * 1024;
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final WaitingBytes waiting;
    private final long longest;
    private final long look;
    private @Nullable Share share;
    private @Nullable Future<?> timer;
    private boolean paused;
    private boolean autoRead; // before the pause
    private boolean wanted; // a read, during the pause

    // As of the last look.
    private long bytes;
    private long progress;
    private long tookLast;

    OutputGuard(WaitingBytes waiting, Duration longest, Duration look) {
        this.waiting = waiting;
        this.longest = longest.toNanos();
        this.look = look.toNanos();
    }

    /** Adds a guard next to the socket, in front of a connection's other handlers, unless there is one. */
    public static void guard(Channel channel, WaitingBytes waiting) {
        if (channel.pipeline().get(NAME) == null) {
            channel.pipeline().addFirst(NAME, new OutputGuard(waiting, LONGEST, LOOK));
        }
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        context.flush();
        look(context);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        context.fireChannelRead(message);
        if (share != null && !paused && pending(context) > PAUSING) {
            paused = true;
            autoRead = context.channel().config().isAutoRead();
            context.channel().config().setAutoRead(false);
        }
    }

    /** The codec of HTTP/2 asks for more by itself, whether or not reading is automatic. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (paused) {
            wanted = true;
        } else {
            context.read();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        close();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        close();
    }

    private void look(ChannelHandlerContext context) {
        long now = pending(context);
        if (now == 0 && share == null) {
            return;
        }
        if (share == null) {
            share = waiting.open(() -> reset(context));
            tookLast = context.executor().ticker().nanoTime();
        }
        share.hold(now);
        if (paused && now < RESUMING) {
            resume(context);
        }
        if (now == 0) {
            close();
        } else if (timer == null) {
            seen(context, now);
            timer = context.executor().schedule(() -> lookAgain(context), look, TimeUnit.NANOSECONDS);
        }
    }

    private void resume(ChannelHandlerContext context) {
        paused = false;
        if (autoRead) {
            context.channel().config().setAutoRead(true); // which reads
        } else if (wanted) {
            context.read();
        }
        wanted = false;
    }

    private void lookAgain(ChannelHandlerContext context) {
        timer = null;
        if (share == null) {
            return;
        }
        if (seen(context, pending(context))) {
            tookLast = context.executor().ticker().nanoTime();
            share.give(0);
        } else if (context.executor().ticker().nanoTime() - tookLast >= longest) {
            reset(context);
            return;
        }
        look(context);
    }

    /** Whether the client took anything since the last call: of the message at the front, or of the rest. */
    private boolean seen(ChannelHandlerContext context, long now) {
        ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
        long front = buffer == null || buffer.current() == null ? 0 : System.identityHashCode(buffer.current());
        long at = front * 31 + (buffer == null ? 0 : buffer.currentProgress());
        boolean taken = now < bytes || at != progress;
        bytes = now;
        progress = at;
        return taken;
    }

    private void close() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
        if (share != null) {
            share.close();
            share = null;
        }
    }

    private static long pending(ChannelHandlerContext context) {
        ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    /** Drops the send buffer of the operating system as well, which an orderly close would go on to send. */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private static void reset(ChannelHandlerContext context) {
        context.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        context.close();
    }
}
