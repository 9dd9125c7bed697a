package dev.sluice.ingress.connection;

import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a channel whose body arrives too slowly: at least {@link #BYTES} in each period, except while the gateway itself is not
 * reading. Runs on the channel's event loop.
 */
final class BodyPace {

    /** The usual period. */
    static final long MILLIS = 20_000;

    static final long BYTES = 10_000;

    private final long millis;
    private long bytes;
    private @Nullable Future<?> timer;

    BodyPace(long millis) {
        this.millis = millis;
    }

    /** Counts bytes of the body that have arrived. */
    void received(int more) {
        bytes += more;
    }

    /** Starts watching, or goes on. */
    void watch(ChannelHandlerContext context) {
        if (timer == null) {
            bytes = 0;
            timer = context.executor().schedule(() -> due(context), millis, TimeUnit.MILLISECONDS);
        }
    }

    /** The body has ended. */
    void stop() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private void due(ChannelHandlerContext context) {
        timer = null;
        if (context.channel().config().isAutoRead() && bytes < BYTES) {
            context.close();
        } else {
            watch(context);
        }
    }
}
