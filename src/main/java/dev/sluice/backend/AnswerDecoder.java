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
 * Reads the answers on one connection, each after its request. Lenient where the meaning is clear; but no state of one
 * message outlives it: bytes that come while no answer is awaited close the connection, and bytes behind the end of an
 * answer keep it from being used again, because they would be taken for the answer to somebody else's request. Interim
 * answers (RFC 9110, 15.2) are dropped. On the connection's event loop only.
 */
// A close is not waited for: the channel's own end tells.
@SuppressWarnings("FutureReturnValueIgnored")
final class AnswerDecoder extends ByteToMessageDecoder {

    private enum State {
        /** No request is under way. */
        IDLE,
        HEAD,
        BODY,
        /** Nothing that comes is looked at any more. */
        OVER
    }

    /**
     * How long a connection rests after an answer that did not come in one piece: if there is more behind its end, that may
     * still be on its way.
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
     * The end of the answer, held back until all that came with it has been looked at: whoever is told of it may use the
     * connection at once.
     */
    private @Nullable LastHttpContent last;

    AnswerDecoder(int maxHeader, boolean reusable, LongSupplier nanos) {
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

    /** How long to wait before another request is sent on the connection, in nanoseconds. */
    long restNanos() {
        return Math.max(0, restedAt - nanos.getAsLong());
    }

    /** How many requests were sent on this connection. */
    int requests() {
        return requests;
    }

    /** Whether something of the last request may have left. */
    boolean sent() {
        return sent;
    }

    /** Whether something of the answer to the last request has come. */
    boolean answering() {
        return answering;
    }

    /** For how long the backend keeps the connection open when it is idle, with something off to be on the safe side. */
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

    /** What nobody asked for. If it came with the end of an answer, that is told first, and the connection then closed. */
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
        HttpResponse answer = head.read(in);
        if (answer == null) {
            return;
        }
        status = answer.status().code();
        if (status / 100 == 1 && status != 101) { // a switch of protocols is final, and an error: none was asked for
            head.begin();
            return;
        }
        keptOpen = KeepAlive.millis(answer.headers());
        AnswerFraming framing = AnswerFraming.of(method, answer);
        clear = framing.clear() && status != 101;
        out.add(answer);
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
            HttpResponse answer =
                    new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.INTERNAL_SERVER_ERROR);
            answer.setDecoderResult(DecoderResult.failure(failure));
            out.add(answer);
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

    /** The connection is gone, which is the end of some answers and breaks others. */
    @Override
    protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        in.skipBytes(in.readableBytes()); // which were not enough for anything
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
     * TLS says the end itself; a connection that just breaks off is no end, because anybody could break it. Nothing comes
     * behind it, though the connection may stay open for a while.
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

    /** A backend that refuses a request before it has read all of it resets the connection behind its answer. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable error) throws Exception {
        if (awaitsEnd() && status >= 400 && !askedWhole && error instanceof IOException) {
            end(context, LastHttpContent.EMPTY_LAST_CONTENT);
            tellEnd(context);
        } else {
            super.exceptionCaught(context, error);
        }
    }

    /** Whether it is an answer that ends with the connection. */
    private boolean awaitsEnd() {
        return state == State.BODY && body.endsWithConnection();
    }

    private static void notAgain(Channel channel) {
        Connection.from(channel).markPersistent(false);
    }
}
