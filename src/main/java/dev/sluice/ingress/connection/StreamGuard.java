package dev.sluice.ingress.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import reactor.netty.NettyPipeline;

/**
 * Sees whether the body of a request over HTTP/2 is whole, and gives up the stream of one that dribbles in. A stream that is
 * reset ends without a last piece, whatever Reactor Netty makes of that.
 */
public final class StreamGuard extends ChannelInboundHandlerAdapter implements RequestGuard {

    private final BodyPace pace;
    private boolean whole;

    /**
     * Makes one for a request whose head has come.
     *
     * @param whole whether nothing comes behind it
     */
    StreamGuard(boolean whole, long bodyMillis) {
        this.whole = whole;
        this.pace = new BodyPace(bodyMillis);
    }

    /** Puts a guard where the body comes in; while the head is being handled. */
    static void guard(Channel channel) {
        if (channel instanceof Http2StreamChannel stream) {
            boolean whole = stream.stream().state() == Http2Stream.State.HALF_CLOSED_REMOTE;
            channel.pipeline()
                    .addBefore(NettyPipeline.HttpTrafficHandler, NAME, new StreamGuard(whole, BodyPace.MILLIS));
        }
    }

    @Override
    public boolean hasWholeRequest() {
        return whole;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpContent content) {
            pace.received(content.content().readableBytes());
            whole = message instanceof LastHttpContent;
        }
        context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (whole) {
            pace.stop();
        } else {
            pace.watch(context);
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        pace.stop();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        pace.stop();
        context.fireChannelInactive();
    }
}
