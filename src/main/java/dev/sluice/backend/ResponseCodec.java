package dev.sluice.backend;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/** HTTP/1.1 on one connection to a backend: encodes requests, and tells the decoder which answer to expect. */
final class ResponseCodec extends CombinedChannelDuplexHandler<ResponseDecoder, ResponseCodec.Requests> {

    /**
     * Makes the codec of a new connection.
     *
     * @param maxHeader bytes that the head of a response may have, and the trailers
     * @param reusable whether the connection may carry more than one request
     */
    ResponseCodec(int maxHeader, boolean reusable) {
        this(maxHeader, reusable, System::nanoTime);
    }

    /** The same with a given clock. */
    ResponseCodec(int maxHeader, boolean reusable, LongSupplier nanos) {
        this(new ResponseDecoder(maxHeader, reusable, nanos));
    }

    private ResponseCodec(ResponseDecoder decoder) {
        super(decoder, new Requests(decoder));
    }

    /** Replaces the codec that the client has installed. */
    void install(Channel channel) {
        channel.pipeline().replace(NettyPipeline.HttpCodec, NettyPipeline.HttpCodec, this);
        channel.pipeline().addFirst("sluice.reads", new Reads(inboundHandler()));
    }

    /** The decoder of a connection; null if the codec has been removed. */
    static @Nullable ResponseDecoder of(Channel channel) {
        ResponseCodec codec = channel.pipeline().get(ResponseCodec.class);
        return codec == null ? null : codec.inboundHandler();
    }

    static final class Requests extends HttpRequestEncoder {

        private final ResponseDecoder decoder;

        Requests(ResponseDecoder decoder) {
            this.decoder = decoder;
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
            if (message instanceof HttpRequest head) {
                decoder.asked(head.method().name(), context.channel().isActive());
            }
            if (message instanceof LastHttpContent) {
                decoder.askedWhole();
            }
            super.write(context, message, promise);
        }
    }

    /** Observes reads from the socket, below TLS. */
    private static final class Reads extends ChannelInboundHandlerAdapter {

        private final ResponseDecoder decoder;

        Reads(ResponseDecoder decoder) {
            this.decoder = decoder;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            decoder.read(message instanceof ByteBuf bytes && !bytes.isWritable());
            context.fireChannelRead(message);
        }
    }
}
