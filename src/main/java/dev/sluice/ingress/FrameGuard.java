package dev.sluice.ingress;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameStreamException;
import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Closes an HTTP/2 connection on which a frame, or a head in several of them, dribbles in. What is in the frames is watched
 * stream by stream, and how many there are of each kind by Netty's codec.
 */
final class FrameGuard extends ChannelInboundHandlerAdapter {

    private static final String NAME = "sluice.frameGuard";
    private static final String DECODED = "sluice.frames";

    private final long millis;
    private long bytes;
    private @Nullable Future<?> timer;

    /**
     * Makes one.
     *
     * @param millis a frame may take so long, or longer if it comes as fast as a body has to
     */
    FrameGuard(long millis) {
        this.millis = millis;
    }

    /**
     * Puts a guard in front of the decoder of frames, with an eye behind it. The end of the input is that of the connection
     * here: nobody could answer for windows or streams any more.
     */
    static void guard(ChannelPipeline pipeline) {
        pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        FrameGuard guard = new FrameGuard(ConnectionGuard.HEADER_MILLIS);
        pipeline.addBefore(NettyPipeline.HttpCodec, NAME, guard)
                .addAfter(NettyPipeline.HttpCodec, DECODED, guard.decoded());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf some) {
            bytes += some.readableBytes();
        }
        context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.fireChannelReadComplete();
        if (timer == null && bytes > 0) {
            watch(context);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stop();
        context.fireChannelInactive();
    }

    /**
     * Deals with what is wrong on an HTTP/2 connection, so that no stream has to hear of it, nor a log: with that of a stream by
     * resetting it; with that of the connection as a whole not at all, because the codec closes it. True for these.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if it fails
    static boolean deals(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof Http2FrameStreamException broken) {
            context.writeAndFlush(new DefaultHttp2ResetFrame(broken.error()).stream(broken.stream()));
            return true;
        }
        return cause instanceof Http2Exception;
    }

    /** Behind the decoder: whatever comes out of it is a whole frame. */
    ChannelInboundHandlerAdapter decoded() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                if (cause instanceof IOException) {
                    context.close();
                } else if (!deals(context, cause)) {
                    context.fireExceptionCaught(cause);
                }
            }

            @Override
            public void channelRead(ChannelHandlerContext context, Object frame) {
                stop();
                context.fireChannelRead(frame);
            }
        };
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
}
