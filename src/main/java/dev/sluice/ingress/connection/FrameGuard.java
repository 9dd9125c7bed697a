package dev.sluice.ingress.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameStreamException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Closes an HTTP/2 connection on which a frame or field block arrives too slowly, or whose client floods it with frames that are
 * not part of a request. Between frames a client may be silent. Bodies are watched stream by stream ({@link StreamGuard}).
 *
 * <p>Netty's codec counts empty DATA, small CONTINUATION and RST_STREAM frames itself; of PING, SETTINGS and WINDOW_UPDATE it
 * only bounds the acknowledgements that a client does not read.
 */
public final class FrameGuard extends ChannelDuplexHandler {

    /** Requests that may be under way on a connection at once (SETTINGS_MAX_CONCURRENT_STREAMS). */
    public static final int STREAMS = 100;

    private static final String NAME = "sluice.frameGuard";
    private static final String ERRORS = "sluice.frameErrors";

    /** GOAWAY (RFC 9113, 6.8) of no stream in particular with ENHANCE_YOUR_CALM. */
    private static final byte[] CALM = {0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, -1, -1, -1, 0, 0, 0, 11};

    private final long millis;
    private final FrameBoundaries frames = new FrameBoundaries();
    private @Nullable FrameAllowance allowance;
    private boolean flooded;
    private long bytes;
    private @Nullable Future<?> timer;

    /**
     * Creates a guard.
     *
     * @param millis the longest time of a frame, unless it arrives as fast as a body has to
     */
    FrameGuard(long millis) {
        this.millis = millis;
    }

    /** Adds a guard in front of the codec of a connection that uses HTTP/2 from its first byte on, and the handler of its errors. */
    static void guard(ChannelPipeline pipeline) {
        guardBefore(pipeline, NettyPipeline.HttpCodec);
        guardErrors(pipeline);
    }

    /** Adds a guard in front of a handler. It removes itself if the first bytes are not the preface of HTTP/2. */
    static void guardBefore(ChannelPipeline pipeline, String name) {
        pipeline.addBefore(name, NAME, new FrameGuard(ConnectionGuard.HEADER_MILLIS));
    }

    /**
     * Adds the handler of errors. Ends a connection with its input, because without window updates no response could be sent,
     * and enforces the limit of streams from the first frame on, before the client has acknowledged it.
     */
    static void guardErrors(ChannelPipeline pipeline) {
        pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        if (pipeline.get(NettyPipeline.HttpCodec) instanceof Http2ConnectionHandler codec) {
            codec.connection().remote().maxActiveStreams(STREAMS);
        }
        pipeline.addAfter(NettyPipeline.HttpCodec, ERRORS, new Errors());
    }

    /**
     * Tracks frames in front of the decoder, which passes on neither those that it handles itself, such as
     * {@code WINDOW_UPDATE} of the connection, nor those that are to be ignored.
     */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (flooded) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof ByteBuf some) {
            if (frames.follow(some)) {
                stop();
            }
            if (!allowance(context).take(frames.takeOverhead(), nanos(context))) {
                some.release();
                refuse(context);
                return;
            }
            bytes += some.readableBytes();
            if (frames.areNone()) {
                context.pipeline().remove(this);
            } else if (timer == null && frames.isWithin()) {
                watch(context);
            }
        }
        context.fireChannelRead(message);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the promise is the caller's
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf some) {
            allowance(context).sent(some.readableBytes());
        }
        context.write(message, promise);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stop();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        stop();
    }

    /**
     * Handles an HTTP/2 error without passing it on to streams or a log: resets the stream of a stream error; a connection error
     * needs nothing, because the codec closes the connection.
     *
     * @return false for any other error
     */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if it fails
    static boolean handled(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof Http2FrameStreamException broken) {
            context.writeAndFlush(new DefaultHttp2ResetFrame(broken.error()).stream(broken.stream()));
            return true;
        }
        return cause instanceof Http2Exception;
    }

    private FrameAllowance allowance(ChannelHandlerContext context) {
        FrameAllowance now = allowance;
        if (now == null) {
            now = new FrameAllowance(nanos(context));
            allowance = now;
        }
        return now;
    }

    private static long nanos(ChannelHandlerContext context) {
        return context.executor().ticker().nanoTime();
    }

    /** Sends a GOAWAY and closes without waiting for a client that does not read. */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if either fails
    private void refuse(ChannelHandlerContext context) {
        flooded = true;
        stop();
        context.writeAndFlush(Unpooled.wrappedBuffer(CALM));
        context.close();
    }

    private void watch(ChannelHandlerContext context) {
        bytes = 0;
        timer = context.executor().schedule(() -> due(context), millis, TimeUnit.MILLISECONDS);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private void due(ChannelHandlerContext context) {
        timer = null;
        if (bytes * BodyPace.MILLIS < BodyPace.BYTES * millis) {
            context.close();
        } else {
            watch(context);
        }
    }

    private void stop() {
        bytes = 0;
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    /** Behind the decoder. */
    private static final class Errors extends ChannelInboundHandlerAdapter {

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof IOException) {
                context.close();
            } else if (!handled(context, cause)) {
                context.fireExceptionCaught(cause);
            }
        }
    }
}
