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
 * Adds the guards of the protocol that a connection turns out to use: at once for HTTP/1.1, which cleartext connections use
 * until the preface of HTTP/2 arrives; with the first message after the negotiation where TLS negotiates the protocol.
 */
public final class Guards {

    private Guards() {}

    /** Adds the guards of a connection that was just accepted. */
    public static void guard(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        if (pipeline.context(HttpServerCodec.class) != null) {
            guardHttp1(pipeline);
            ChannelHandlerContext either = pipeline.context(CleartextHttp2ServerUpgradeHandler.class);
            if (either != null) { // it passes on the bytes behind the preface before it announces HTTP/2
                FrameGuard.guardBefore(pipeline, either.name());
            }
        } else if (pipeline.get(NettyPipeline.H2OrHttp11Codec) != null) {
            pipeline.addAfter(NettyPipeline.H2OrHttp11Codec, Negotiation.NAME, new Negotiation());
        }
    }

    /** Adds the guard of a request body on a stream of HTTP/2; to be called before any of it is read. */
    public static void guard(HttpServerRequest request) {
        if (request.version().majorVersion() == 2) {
            request.withConnection(connection -> StreamGuard.guard(connection.channel()));
        }
    }

    /** Switches a connection from the guards of HTTP/1.1 to those of HTTP/2. */
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

    /** Waits for the negotiation of the protocol, after which the codec is in place before the first message or event. */
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
