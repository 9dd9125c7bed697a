package dev.sluice.ingress.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.ChannelOperations;

/**
 * A connection of HTTP/1.1 on which the rest of one response is still to be sent, nobody knows when, and nothing else: the end of
 * the response is the end of the connection. Codec, guards of requests, and Reactor Netty's handlers and objects of a request are
 * gone, which were most of what the connection of a reader of events took.
 *
 * <p>What the client sends meanwhile is dropped: requests behind the one that is being answered, which a client has to send again
 * when the connection is closed (RFC 9112, 9.3.1). Confined to the channel's event loop.
 */
public final class ParkedConnection extends ChannelInboundHandlerAdapter implements Connection {

    private static final String NAME = "sluice.parked";
    private static final ByteBuf LAST_CHUNK = Unpooled.unreleasableBuffer(
            Unpooled.directBuffer(5, 5).writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
    private static final int LINE_END = '\r' << 8 | '\n';

    /** A length of four bytes in hexadecimal digits, and two ends of lines. */
    private static final int MOST_FRAMING = 12;

    private final Channel channel;
    private final Runnable gone;
    private int dropped; // bytes

    /** For a server that stops and waits for what is under way; made when it does. */
    private volatile @Nullable ChannelOperations<?, ?> operations;

    private ParkedConnection(Channel channel, Runnable gone) {
        this.channel = channel;
        this.gone = gone;
    }

    /**
     * Whether a connection can be parked at present: it answers one request, which has arrived, and nobody but the gateway and
     * Reactor Netty watches what is sent.
     */
    public static boolean canPark(Channel channel) {
        if (!channel.isActive() || !(channel.pipeline().get(RequestGuard.NAME) instanceof ConnectionGuard guard)) {
            return false;
        }
        if (!guard.isQuiet()) {
            return false;
        }
        for (Map.Entry<String, ChannelHandler> handler : channel.pipeline()) {
            if (!stays(handler.getValue()) && !goes(handler.getKey(), handler.getValue())) {
                return false;
            }
        }
        return true;
    }

    /**
     * Parks a connection that can be.
     *
     * @param gone called when the client is
     */
    public static ParkedConnection park(Channel channel, Runnable gone) {
        ChannelPipeline pipeline = channel.pipeline();
        List<ChannelHandler> handlers = new ArrayList<>();
        for (Map.Entry<String, ChannelHandler> handler : pipeline) {
            if (!stays(handler.getValue())) {
                handlers.add(
                        0, handler.getValue()); // the last first, which bytes that a codec has kept do not pass then
            }
        }
        ParkedConnection parked = new ParkedConnection(channel, gone);
        pipeline.addLast(NAME, parked);
        parked.bind();
        handlers.forEach(pipeline::remove);
        return parked;
    }

    private static boolean stays(ChannelHandler handler) {
        return handler instanceof OutputGuard || handler instanceof SslHandler;
    }

    private static boolean goes(String name, ChannelHandler handler) {
        return handler instanceof HttpServerCodec
                || handler instanceof HttpServerUpgradeHandler
                || name.equals(FoldedLines.NAME)
                || name.equals(RequestGuard.NAME)
                || name.equals(NettyPipeline.HttpTrafficHandler)
                || name.equals(NettyPipeline.ReactiveBridge);
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public <T extends Connection> @Nullable T as(Class<T> type) {
        if (type != ChannelOperations.class) {
            return Connection.super.as(type);
        }
        ChannelOperations<?, ?> known = operations;
        if (known == null) {
            known = new ChannelOperations<>(this, ConnectionObserver.emptyListener());
            operations = known;
        }
        return type.cast(known);
    }

    /** The bytes as a chunk (RFC 9112, 7.1), in one buffer, which is to be written; none as they are. Releases them. */
    public ByteBuf chunk(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (length == 0) {
            return bytes; // an empty chunk would be the last
        }
        ByteBuf chunk = channel.alloc().ioBuffer(length + MOST_FRAMING);
        ByteBufUtil.writeAscii(chunk, Integer.toHexString(length));
        chunk.writeShort(LINE_END).writeBytes(bytes).writeShort(LINE_END);
        bytes.release();
        return chunk;
    }

    /** Ends the response, and the connection with it. */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    public void complete() {
        channel.writeAndFlush(LAST_CHUNK.duplicate()).addListener(ChannelFutureListener.CLOSE);
    }

    /** A client that sends more than the gateway would keep for it has not understood. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes) {
            dropped += bytes.readableBytes();
        }
        ReferenceCountUtil.release(message);
        if (dropped > ConnectionGuard.AHEAD_BYTES) {
            context.close();
        }
    }

    /** The end of the client's input is not the end of the connection; see {@link ConnectionGuard}. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        ReferenceCountUtil.release(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        gone.run();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            context.close();
        } else {
            context.fireExceptionCaught(cause);
        }
    }
}
