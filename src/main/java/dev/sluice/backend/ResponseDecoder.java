package dev.sluice.backend;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;

/**
 * Decodes the responses on one connection, each for its request. Lenient where the meaning is clear, but one message never
 * affects the next: bytes that arrive while no response is expected close the connection, and bytes after the end of a response
 * keep the connection from being reused, because they would be taken for the response to the next request. Interim responses
 * (RFC 9110, 15.2) are dropped. On the connection's event loop only.
 */
// The future of close() is not used: channelInactive follows.
@SuppressWarnings("FutureReturnValueIgnored")
final class ResponseDecoder extends ByteToMessageDecoder {

    private enum State {
        /** No request is under way. */
        IDLE,
        HEAD,
        BODY,
        /** Everything that arrives is discarded. */
        OVER
    }

    /**
     * How long a connection rests after a response that arrived in several reads: surplus bytes after its end may still be on
     * their way.
     */
    private static final long REST = Duration.ofMillis(5).toNanos();

    private final boolean reusable;
    private final LongSupplier nanos;
    private final HeadReader head;
    private final BodyReader body;
    private State state = State.IDLE;
    private String method = "";
    private int status;
    private int requests;
    private boolean clear;
    private boolean sent;
    private boolean askedWhole;
    private boolean answering;
    private boolean more;
    private int reads;
    private long restedAt;
    private long keptOpen = Long.MAX_VALUE;

    /**
     * The end of the response, held back until everything that arrived with it has been checked, because the connection may be
     * reused as soon as the end is passed on.
     */
    private @Nullable LastHttpContent last;

    ResponseDecoder(int maxHeader, boolean reusable, LongSupplier nanos) {
        this.reusable = reusable;
        this.nanos = nanos;
        this.restedAt = nanos.getAsLong();
        Lines lines = new Lines(maxHeader, BackendFailure.headTooLarge(maxHeader));
        this.head = new HeadReader(lines);
        this.body = new BodyReader(lines);
    }

    /**
     * A request is being sent.
     *
     * @param connected whether there was still a connection to send it on
     */
    void asked(String method, boolean connected) {
        requests++;
        sent = connected;
        askedWhole = false;
        answering = false;
        reads = 0;
        if (state == State.IDLE) {
            this.method = method;
            state = State.HEAD;
            head.begin();
        }
    }

    /** The request has been sent to its end. */
    void askedWhole() {
        askedWhole = true;
    }

    /**
     * Something was read from the socket.
     *
     * @param more whether it may have been less than there was
     */
    void read(boolean more) {
        this.more = more;
        reads++;
    }

    /** How long the connection has to rest before the next request, in nanoseconds. */
    long restNanos() {
        return Math.max(0, restedAt - nanos.getAsLong());
    }

    /** How many requests were sent on this connection. */
    int requests() {
        return requests;
    }

    /** Whether any part of the last request may have been sent. */
    boolean sent() {
        return sent;
    }

    /** Whether any part of the response to the last request has arrived. */
    boolean answering() {
        return answering;
    }

    /** For how long the backend keeps an idle connection open, less a safety margin; in milliseconds. */
    long keptOpenMillis() {
        return keptOpen;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        try {
            read(context, in, out);
        } catch (BackendFailure failure) {
            in.skipBytes(in.readableBytes());
            broken(context, out, failure);
        }
    }

    private void read(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        switch (state) {
            case IDLE -> surplus(context, in);
            case HEAD -> head(context, in, out);
            case BODY -> {
                if (body.read(in, out)) {
                    end(context, body.end());
                }
            }
            case OVER -> in.skipBytes(in.readableBytes());
        }
    }

    /** Unsolicited bytes. If they arrived with the end of a response, that is passed on first, then the connection is closed. */
    private void surplus(ChannelHandlerContext context, ByteBuf in) {
        in.skipBytes(in.readableBytes());
        state = State.OVER;
        notAgain(context.channel());
        if (last == null) {
            context.close();
        }
    }

    private void head(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (!answering && HeadReader.isSomethingElse(in)) {
            throw requests > 1 ? BackendFailure.leftOver() : BackendFailure.notHttp();
        }
        answering = true;
        HttpResponse response = head.read(in);
        if (response == null) {
            return;
        }
        status = response.status().code();
        if (status / 100 == 1 && status != 101) { // a switch of protocols is final, and an error: none was asked for
            head.begin();
            return;
        }
        keptOpen = KeepAlive.millis(response.headers());
        ResponseFraming framing = ResponseFraming.of(method, response);
        clear = framing.clear() && status != 101;
        out.add(response);
        state = State.BODY;
        if (body.begin(framing)) {
            end(context, body.end());
        }
    }

    private void end(ChannelHandlerContext context, LastHttpContent content) {
        state = State.IDLE;
        last = content;
        if (reads > 1) {
            restedAt = nanos.getAsLong() + REST;
        }
        if (!clear || !reusable || more) { // what is still unread may be surplus
            notAgain(context.channel());
        }
    }

    private void broken(ChannelHandlerContext context, List<Object> out, BackendFailure failure) {
        boolean begun = state != State.HEAD;
        state = State.OVER;
        notAgain(context.channel());
        if (begun) {
            LastHttpContent end = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
            end.setDecoderResult(DecoderResult.failure(failure));
            out.add(end);
        } else {
            HttpResponse response =
                    new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.INTERNAL_SERVER_ERROR);
            response.setDecoderResult(DecoderResult.failure(failure));
            out.add(response);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        tellEnd(context);
        super.channelReadComplete(context);
    }

    private void tellEnd(ChannelHandlerContext context) {
        LastHttpContent end = last;
        if (end != null) {
            last = null;
            context.fireChannelRead(end);
        }
    }

    /** The connection has ended, which completes some responses and truncates others. */
    @Override
    protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        in.skipBytes(in.readableBytes()); // an incomplete line
        if (state == State.HEAD && answering) {
            broken(context, out, BackendFailure.cutShort());
        } else if (awaitsEnd() && context.pipeline().get(SslHandler.class) == null) {
            end(context, LastHttpContent.EMPTY_LAST_CONTENT);
        }
        LastHttpContent end = last;
        if (end != null) {
            last = null;
            out.add(end);
        }
    }

    /**
     * TLS announces its end. A connection that ends without that was truncated, perhaps by an attacker. Nothing follows the
     * announcement, although the connection may stay open for a while.
     */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof SslCloseCompletionEvent closed && closed.isSuccess()) {
            notAgain(context.channel());
            if (awaitsEnd()) {
                end(context, LastHttpContent.EMPTY_LAST_CONTENT);
                tellEnd(context);
            } else if (last == null && askedWhole) {
                context.close();
            }
        }
        super.userEventTriggered(context, event);
    }

    /** A backend that rejects a request before it has read all of it may reset the connection after its response. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable error) throws Exception {
        if (awaitsEnd() && status >= 400 && !askedWhole && error instanceof IOException) {
            end(context, LastHttpContent.EMPTY_LAST_CONTENT);
            tellEnd(context);
        } else {
            super.exceptionCaught(context, error);
        }
    }

    /** Whether it is a response that ends with the connection. */
    private boolean awaitsEnd() {
        return state == State.BODY && body.endsWithConnection();
    }

    private static void notAgain(Channel channel) {
        Connection.from(channel).markPersistent(false);
    }
}
