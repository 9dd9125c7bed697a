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
 * Knows whether the body of a request over HTTP/2 is complete, and closes the stream if it arrives too slowly. A stream that
 * is reset ends without a last piece, although Reactor Netty completes the body.
 */
final class StreamGuard extends ChannelInboundHandlerAdapter implements RequestGuard {

    private final BodyPace pace;
    private boolean whole;

    /**
     * Creates a guard for a request whose head has arrived.
     *
     * @param whole whether the request has no body
     */
    StreamGuard(boolean whole, long bodyMillis) {
        this.whole = whole;
        this.pace = new BodyPace(bodyMillis);
    }

    /** Adds a guard to a stream; to be called while the head is being handled. */
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
