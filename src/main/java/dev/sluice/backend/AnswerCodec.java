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
final class AnswerCodec extends CombinedChannelDuplexHandler<AnswerDecoder, AnswerCodec.Requests> {

    /**
     * Makes the codec of a new connection.
     *
     * @param maxHeader bytes that the head of an answer may have, and the trailers
     * @param reusable whether the connection may carry more than one request
     */
    AnswerCodec(int maxHeader, boolean reusable) {
        this(maxHeader, reusable, System::nanoTime);
    }

    /** The same with a clock of its own. */
    AnswerCodec(int maxHeader, boolean reusable, LongSupplier nanos) {
        this(new AnswerDecoder(maxHeader, reusable, nanos));
    }

    private AnswerCodec(AnswerDecoder decoder) {
        super(decoder, new Requests(decoder));
    }

    /** Takes the place of the codec that the client has installed. */
    void install(Channel channel) {
        channel.pipeline().replace(NettyPipeline.HttpCodec, NettyPipeline.HttpCodec, this);
        channel.pipeline().addFirst("sluice.reads", new Reads(inboundHandler()));
    }

    /** What is known of the answers on a connection; null if it has no codec of this kind any more. */
    static @Nullable AnswerDecoder of(Channel channel) {
        AnswerCodec codec = channel.pipeline().get(AnswerCodec.class);
        return codec == null ? null : codec.inboundHandler();
    }

    static final class Requests extends HttpRequestEncoder {

        private final AnswerDecoder decoder;

        Requests(AnswerDecoder decoder) {
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

    /** Looks at what comes from the socket, below TLS. */
    private static final class Reads extends ChannelInboundHandlerAdapter {

        private final AnswerDecoder decoder;

        Reads(AnswerDecoder decoder) {
            this.decoder = decoder;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            decoder.read(message instanceof ByteBuf bytes && !bytes.isWritable());
            context.fireChannelRead(message);
        }
    }
}
