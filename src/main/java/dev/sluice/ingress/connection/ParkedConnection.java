package dev.sluice.ingress.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.channel.ChannelOperations;

/**
 * A connection of HTTP/1.1 on which the rest of one response is still to be sent, nobody knows when. Codec, guards of requests, and
 * Reactor Netty's handlers and objects of a request are gone, which were most of what the connection of a reader of events took.
 *
 * <p>The client was told that the connection persists, and may send its next request in the moment in which it reads the end of the
 * response; if the connection were closed then, that request would be lost, and a client must not repeat a POST by itself (RFC
 * 9112, 9.3.1). Nor would a {@code Connection: close} in the head do: that would cost each short stream its connection, too, and
 * over TLS a new one is dear. So the connection is idle after the response, and the handlers of requests are made again
 * ({@link Http1Handlers}) when the next one arrives: a client that is done, as most readers are, costs no more.
 *
 * <p>Of requests that the client sends before the end of the response a first piece is kept; the rest is not read until then.
 * Confined to the channel's event loop.
 */
public final class ParkedConnection extends ChannelInboundHandlerAdapter implements Connection {

    private static final Logger LOG = LoggerFactory.getLogger(ParkedConnection.class);

    private static final String NAME = "sluice.parked";
    private static final ByteBuf LAST_CHUNK = Unpooled.unreleasableBuffer(
            Unpooled.directBuffer(5, 5).writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));

    private final Channel channel;
    private @Nullable Subscription stream; // null when the response is over

    /** For the next request; null if there is none on this connection. */
    private final @Nullable Http1Handlers handlers;

    private @Nullable ByteBuf ahead; // the beginning of the next request
    private @Nullable Object inputEnd; // the event
    private int dropped; // bytes
    private @Nullable Future<?> idle;

    private volatile boolean over; // the response

    /** For a server that stops and waits for what is under way; made when it does. */
    private @Nullable ChannelOperations<?, ?> operations;

    private ParkedConnection(Channel channel, @Nullable Http1Handlers handlers, Subscription stream) {
        this.channel = channel;
        this.handlers = handlers;
        this.stream = stream;
    }

    /**
     * Whether a connection can be parked at present: it answers one request, which has arrived, and nobody but the gateway and
     * Reactor Netty watches what is sent.
     */
    public static boolean canPark(Channel channel) {
        return channel.isActive()
                && channel.pipeline().get(RequestGuard.NAME) instanceof ConnectionGuard guard
                && guard.isQuiet()
                && Http1Handlers.areKnown(channel.pipeline());
    }

    /**
     * Parks a connection that can be.
     *
     * @param stream the rest of the response, cancelled when the client has gone before its end
     */
    public static ParkedConnection park(Channel channel, Subscription stream) {
        boolean persists =
                channel.pipeline().get(RequestGuard.NAME) instanceof ConnectionGuard guard && guard.isPersistent();
        ParkedConnection parked = new ParkedConnection(channel, persists ? Http1Handlers.of(channel) : null, stream);
        Http1Handlers.replace(channel.pipeline(), NAME, parked);
        parked.bind();
        return parked;
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public <T extends Connection> @Nullable T as(Class<T> type) {
        return type == ChannelOperations.class ? type.cast(underWay()) : Connection.super.as(type);
    }

    /** For any thread. */
    private synchronized @Nullable ChannelOperations<?, ?> underWay() {
        if (operations == null && !over) {
            operations = new ChannelOperations<>(this, ConnectionObserver.emptyListener());
        }
        return operations;
    }

    /** Ends what is under way; true if a server that stops waits for the end of the connection. */
    private synchronized boolean end() {
        over = true;
        stream = null;
        return operations != null;
    }

    /** Whether the response is not over. */
    boolean isParked() {
        return !over;
    }

    /**
     * The bytes as a chunk, in one buffer, which is to be written; none as they are. Releases them. If they are an array, it must not be
     * modified any more, as the chunk may be written to other connections as well.
     */
    public ByteBuf chunk(ByteBuf bytes) {
        if (!bytes.isReadable()) {
            return bytes; // an empty chunk would be the last
        }
        ByteBuf chunk = LastChunk.own().of(bytes, channel.alloc());
        bytes.release();
        return chunk;
    }

    /** Ends the response. The connection is idle then, or closed if there is no next request to come. */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    public void complete() {
        ChannelFuture written = channel.writeAndFlush(LAST_CHUNK.duplicate());
        ByteBuf next = ahead;
        boolean awaited = end();
        if (handlers == null || (next == null && (awaited || inputEnd != null))) {
            written.addListener(ChannelFutureListener.CLOSE);
            return;
        }
        handlers.isIdle(this);
        ChannelHandlerContext context = channel.pipeline().context(this);
        if (context == null || !channel.isActive()) {
            return; // the client has gone meanwhile
        } else if (next != null) {
            ahead = null;
            goOn(context, handlers, next);
            context.fireChannelReadComplete();
            if (inputEnd != null) {
                context.fireUserEventTriggered(inputEnd);
            }
        } else {
            Duration longest = handlers.idleTimeout();
            if (longest != null) {
                idle = channel.eventLoop().schedule(() -> context.close(), longest.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    /** Hands the connection over to the handlers of requests, with the first bytes of the next one. */
    private void goOn(ChannelHandlerContext context, Http1Handlers next, ByteBuf bytes) {
        next.add(context.pipeline());
        context.pipeline().remove(this);
        context.fireChannelRead(bytes);
    }

    /** A client that sends much behind its last request has not understood. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            ReferenceCountUtil.release(message);
        } else if (handlers == null) {
            dropped += bytes.readableBytes();
            bytes.release();
            if (dropped > ConnectionGuard.AHEAD_BYTES) {
                context.close();
            }
        } else if (over) {
            goOn(context, handlers, bytes);
        } else {
            ByteBuf before = ahead;
            ahead = before == null
                    ? bytes
                    : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), before, bytes);
            channel.config().setAutoRead(false);
        }
    }

    /** The end of the client's input, a TLS close_notify too, is not the end of the response; see {@link ConnectionGuard}. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == SslCloseCompletionEvent.SUCCESS || event instanceof ChannelInputShutdownEvent) {
            inputEnd = event;
            if (over) {
                context.close();
            }
        }
        ReferenceCountUtil.release(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        Subscription rest = stream;
        if (rest != null) {
            rest.cancel();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (idle != null) {
            idle.cancel(false);
        }
        if (ahead != null) {
            ahead.release();
            ahead = null;
        }
    }

    /** Nothing can be sent any more, or nothing read, such as a record that is none of TLS. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("A parked connection failed", cause);
        context.close();
    }
}
