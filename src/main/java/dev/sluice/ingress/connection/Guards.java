package dev.sluice.ingress.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServerRequest;

/**
 * Puts the guards where they belong, whichever protocol a connection turns out to speak: at once where HTTP/1.1 is spoken, or
 * may be until the preface of HTTP/2 has come; where TLS negotiates the protocol, with the first message behind that.
 */
public final class Guards {

    private Guards() {}

    /** Guards a connection that was just accepted. */
    public static void guard(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        if (pipeline.context(HttpServerCodec.class) != null) {
            guardHttp1(pipeline);
            ChannelHandlerContext either = pipeline.context(CleartextHttp2ServerUpgradeHandler.class);
            if (either != null) { // it passes on what came with the preface before it tells that HTTP/2 is spoken
                FrameGuard.guardBefore(pipeline, either.name());
            }
        } else if (pipeline.get(NettyPipeline.H2OrHttp11Codec) != null) {
            pipeline.addAfter(NettyPipeline.H2OrHttp11Codec, Negotiation.NAME, new Negotiation());
        }
    }

    /** Guards the body of a request, if it came on a stream of HTTP/2; before any of it is read. */
    public static void guard(HttpServerRequest request) {
        if (request.version().majorVersion() == 2) {
            request.withConnection(connection -> StreamGuard.guard(connection.channel()));
        }
    }

    /** Goes over to HTTP/2 on a connection that was guarded as one of HTTP/1.1. */
    static void upgrade(ChannelPipeline pipeline) {
        pipeline.remove(FoldedLines.NAME);
        pipeline.remove(RequestGuard.NAME);
        FrameGuard.guardErrors(pipeline);
    }

    private static void guardHttp1(ChannelPipeline pipeline) {
        String codec = pipeline.context(HttpServerCodec.class).name();
        ConnectionGuard guard = new ConnectionGuard(ConnectionGuard.HEADER_MILLIS, BodyPace.MILLIS);
        pipeline.addBefore(codec, FoldedLines.NAME, new FoldedLines(guard)).addAfter(codec, RequestGuard.NAME, guard);
    }

    /** Waits behind what negotiates the protocol, which puts the codec in front of the first message or event. */
    private static final class Negotiation extends ChannelInboundHandlerAdapter {

        static final String NAME = "sluice.negotiation";

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            settle(context);
            context.fireChannelRead(message);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            settle(context);
            context.fireUserEventTriggered(event);
        }

        private void settle(ChannelHandlerContext context) {
            ChannelPipeline pipeline = context.pipeline();
            if (pipeline.context(HttpServerCodec.class) != null) {
                guardHttp1(pipeline);
            } else if (pipeline.get(NettyPipeline.HttpCodec) != null) {
                FrameGuard.guard(pipeline);
            } else {
                return;
            }
            pipeline.remove(this);
        }
    }
}
