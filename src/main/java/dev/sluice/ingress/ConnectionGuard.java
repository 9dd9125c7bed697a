package dev.sluice.ingress;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Closes an HTTP/1.1 connection that costs more than it should: whose header or body dribbles in, or whose client sends
 * request after request without waiting for answers, which Reactor Netty would keep without a bound. Ends bodies that can be
 * read no further. A request that arrives at once, as nearly all do, sets no timer.
 *
 * <p>A client may end its side after a whole request and still wants its answer (RFC 9112, 9.5): what is whole is answered,
 * then the connection is closed. One that has gone for good has sent nothing else, so it is found out by the first bytes of the
 * answer, which its system resets; until then an answer is waited for as long as any is.
 */
final class ConnectionGuard extends ChannelDuplexHandler {

    static final String NAME = "sluice.connectionGuard";

    /** A header has to be there so long after its first bytes. */
    static final long HEADER_MILLIS = 10_000;

    /** A body has to bring {@link #BODY_BYTES} in each of these, unless it is us who do not read. */
    static final long BODY_MILLIS = 20_000;

    static final long BODY_BYTES = 10_000;

    /** Requests that may wait behind the one that is being answered. */
    static final int AHEAD = 32;

    /** Bytes of their bodies. */
    static final long AHEAD_BYTES = 256 * 1024;

    /**
     * Stands for HTTP/2 where HTTP/1.1 is spoken, which Reactor Netty would answer by itself, whichever request's turn it is.
     */
    private static final HttpVersion UNSPOKEN = HttpVersion.valueOf("HTTP/0.2");

    private final long headerMillis;
    private final long bodyMillis;

    private boolean betweenRequests = true;
    private boolean decoded;
    private int unanswered;
    private long bytesAhead;
    private @Nullable HttpRequest head;
    private long received;
    private long bodyBytes;
    private boolean interim;
    private boolean answering;
    private boolean ended; // no more requests can be read
    private boolean cutShort; // the last of them is not whole
    private @Nullable Future<?> timer;

    ConnectionGuard(long headerMillis, long bodyMillis) {
        this.headerMillis = headerMillis;
        this.bodyMillis = bodyMillis;
    }

    /** Puts a guard behind the decoder of a connection that speaks HTTP/1.1. */
    static void guard(Channel channel) {
        if (channel.pipeline().get(NettyPipeline.HttpCodec) instanceof io.netty.handler.codec.http.HttpServerCodec) {
            ConnectionGuard guard = new ConnectionGuard(HEADER_MILLIS, BODY_MILLIS);
            channel.pipeline()
                    .addBefore(NettyPipeline.HttpCodec, FoldedLines.NAME, new FoldedLines(guard))
                    .addAfter(NettyPipeline.HttpCodec, NAME, guard);
        }
    }

    /** Whether all of the request that is being answered has come in; on the channel's event loop. */
    static boolean hasWholeRequest(Channel channel) {
        ChannelHandler guard = channel.pipeline().get(NAME);
        return !(guard instanceof ConnectionGuard own) || own.unanswered > 1 || (own.betweenRequests && !own.cutShort);
    }

    /** Whether what comes next belongs to a head. */
    boolean inHead() {
        return betweenRequests;
    }

    /** Bytes of the body that are still to come; -1 if only its end says so. */
    long bodyLeft() {
        HttpRequest request = head;
        if (request == null
                || request.decoderResult().isFailure()
                || request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return -1;
        }
        return Math.max(0, HttpUtil.getContentLength(request, 0L) - received);
    }

    /** A client may end its side in the middle of a body and still be told what is wrong with that. */
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        decoded = true;
        if (message instanceof HttpRequest request) {
            betweenRequests = false;
            stopTimer();
            unanswered++;
            if (request.protocolVersion().majorVersion() == 2) {
                request.setProtocolVersion(UNSPOKEN);
            }
            head = request;
            received = 0;
        }
        if (message instanceof HttpContent content) {
            if (content.decoderResult().isFailure() && !(message instanceof HttpRequest)) {
                content.release(); // Reactor Netty would answer by itself, whichever request's turn it is
                breakOff(context);
                return;
            }
            int bytes = content.content().readableBytes();
            bodyBytes += bytes;
            received += bytes;
            bytesAhead = unanswered > 1 ? bytesAhead + bytes : 0;
        }
        if (message instanceof LastHttpContent) {
            betweenRequests = true;
            stopTimer();
        }
        context.fireChannelRead(message);
        if (unanswered > AHEAD + 1 || bytesAhead > AHEAD_BYTES) {
            cut(context);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent && !ended) {
            if (betweenRequests) {
                end(context);
            } else {
                breakOff(context);
            }
        }
        context.fireUserEventTriggered(event);
    }

    /** A reset, unlike an end, says that nobody is there. With half-closure allowed Netty takes it for an end. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.fireExceptionCaught(cause);
        if (cause instanceof IOException) {
            cut(context);
        }
    }

    /** Closes the connection when all that was asked is answered. */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private void end(ChannelHandlerContext context) {
        ended = true;
        stopTimer();
        if (unanswered == 0) {
            context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE); // behind the answers
        }
    }

    /**
     * Ends a body of which no more can be read, such as one with a chunk without a size. For its reader it is not whole; the
     * connection is closed when it is answered, because nothing on it can be read any more.
     */
    private void breakOff(ChannelHandlerContext context) {
        ended = true;
        cutShort = true;
        betweenRequests = true;
        stopTimer();
        if (unanswered == 0 || (unanswered == 1 && answering)) {
            cut(context);
        } else {
            context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (timer == null && !ended && betweenRequests && !decoded) {
            timer = context.executor().schedule(() -> headerIsLate(context), headerMillis, TimeUnit.MILLISECONDS);
        } else if (timer == null && !betweenRequests) {
            watchBody(context);
        }
        decoded = false;
        context.fireChannelReadComplete();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the promise is the caller's
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response) {
            interim = response.status().code() == HttpResponseStatus.CONTINUE.code();
            answering = !interim;
            if (!isSpoken(response.protocolVersion())) {
                response.setProtocolVersion(HttpVersion.HTTP_1_1); // RFC 9110, 2.5: ours, not the client's
            }
            if (ended && unanswered == 1) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            }
        }
        if (message instanceof LastHttpContent && !interim) {
            answering = false;
            unanswered--;
            if (ended && unanswered == 0) {
                context.write(message, promise.unvoid()).addListener(ChannelFutureListener.CLOSE);
                return;
            }
        }
        context.write(message, promise);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        stopTimer();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stopTimer();
        context.fireChannelInactive();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private static void cut(ChannelHandlerContext context) {
        context.close();
    }

    private static boolean isSpoken(HttpVersion version) {
        return version.equals(HttpVersion.HTTP_1_1) || version.equals(HttpVersion.HTTP_1_0);
    }

    private void headerIsLate(ChannelHandlerContext context) {
        timer = null;
        if (betweenRequests) {
            cut(context);
        }
    }

    private void watchBody(ChannelHandlerContext context) {
        bodyBytes = 0;
        timer = context.executor().schedule(() -> bodyIsDue(context), bodyMillis, TimeUnit.MILLISECONDS);
    }

    private void bodyIsDue(ChannelHandlerContext context) {
        timer = null;
        if (betweenRequests) {
            return;
        }
        boolean reading = context.channel().config().isAutoRead();
        if (reading && bodyBytes < BODY_BYTES) {
            cut(context);
        } else {
            watchBody(context);
        }
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
