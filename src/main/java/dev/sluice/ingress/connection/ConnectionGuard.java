package dev.sluice.ingress.connection;

import dev.sluice.ingress.header.DateField;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
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
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler.PriorKnowledgeUpgradeEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes an HTTP/1.1 connection that costs more than it should: whose header or body dribbles in, or whose client sends
 * request after request without waiting for answers, which Reactor Netty would keep without a bound. Ends bodies that can be
 * read no further. A request that arrives at once, as nearly all do, sets no timer.
 *
 * <p>A client may end its side after a whole request and still wants its answer (RFC 9112, 9.5): what is whole is answered,
 * then the connection is closed. One that has gone for good has sent nothing else, so it is found out by the first bytes of the
 * answer, which its system resets; until then an answer is waited for as long as any is.
 */
public final class ConnectionGuard extends ChannelDuplexHandler implements RequestGuard {

    /** A header has to be there so long after its first bytes. */
    static final long HEADER_MILLIS = 10_000;

    /** Requests that may wait behind the one that is being answered. */
    static final int AHEAD = 32;

    /** Bytes of their bodies. */
    static final long AHEAD_BYTES = 256 * 1024;

    /**
     * Stands for HTTP/2 where HTTP/1.1 is spoken, which Reactor Netty would answer by itself, whichever request's turn it is.
     */
    private static final HttpVersion UNSPOKEN = HttpVersion.valueOf("HTTP/0.2");

    private static final DateField OWN_DATE = new DateField(Clock.systemUTC());

    private final long headerMillis;
    private final BodyPace pace;

    private boolean betweenRequests = true;
    private boolean decoded;
    private int unanswered;
    private long bytesAhead;
    private @Nullable HttpRequest head;
    private long received;
    private boolean came;
    private boolean interim;
    private boolean answering;
    private boolean ended; // no more requests can be read
    private boolean cutShort; // the last of them is not whole
    private @Nullable Future<?> headTimer;

    ConnectionGuard(long headerMillis, long bodyMillis) {
        this.headerMillis = headerMillis;
        this.pace = new BodyPace(bodyMillis);
    }

    @Override
    public boolean hasWholeRequest() {
        return unanswered > 1 || (betweenRequests && !cutShort);
    }

    /** Whether what comes next belongs to a head. */
    boolean inHead() {
        return betweenRequests;
    }

    /** Something was read; without that the end of reading, which handlers in front may tell twice, begins no head. */
    void bytesCame() {
        came = true;
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
            stopTimers();
            unanswered++;
            if (request.protocolVersion().majorVersion() == 2) {
                request.setProtocolVersion(UNSPOKEN);
            }
            request.headers().remove(HttpHeaderNames.UPGRADE); // none is offered (RFC 9110, 7.8), that to h2c neither
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
            pace.received(bytes);
            received += bytes;
            bytesAhead = unanswered > 1 ? bytesAhead + bytes : 0;
        }
        if (message instanceof LastHttpContent) {
            betweenRequests = true;
            stopTimers();
        }
        context.fireChannelRead(message);
        if (unanswered > AHEAD + 1 || bytesAhead > AHEAD_BYTES) {
            cut(context);
        }
    }

    /** The end of what is sent in TLS is one as well, and is not passed on: Reactor Netty would close the connection. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof PriorKnowledgeUpgradeEvent) {
            Guards.upgrade(context.pipeline());
        }
        boolean closeNotify = event == SslCloseCompletionEvent.SUCCESS;
        if (!ended && (closeNotify || event instanceof ChannelInputShutdownEvent)) {
            if (betweenRequests) {
                end(context);
            } else {
                breakOff(context);
            }
        }
        if (!closeNotify) {
            context.fireUserEventTriggered(event);
        }
    }

    /**
     * A reset, unlike an end, says that nobody is there. With half-closure allowed Netty takes it for an end. What comes behind
     * the preface of HTTP/2 may be wrong before another guard is there.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (FrameGuard.deals(context, cause)) {
            return;
        }
        context.fireExceptionCaught(cause);
        if (cause instanceof IOException) {
            cut(context);
        }
    }

    /** Closes the connection when all that was asked is answered. */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private void end(ChannelHandlerContext context) {
        ended = true;
        stopTimers();
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
        stopTimers();
        if (unanswered == 0 || (unanswered == 1 && answering)) {
            cut(context);
        } else {
            context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!betweenRequests) {
            pace.watch(context);
        } else if (headTimer == null && !ended && came && !decoded) {
            headTimer = context.executor().schedule(() -> headIsLate(context), headerMillis, TimeUnit.MILLISECONDS);
        }
        came = false;
        decoded = false;
        context.fireChannelReadComplete();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the promise is the caller's
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response) {
            interim = response.status().code() == HttpResponseStatus.CONTINUE.code();
            answering = !interim;
            if (!interim && !response.headers().contains(HttpHeaderNames.DATE)) { // what Reactor Netty refuses
                response.headers().set(HttpHeaderNames.DATE, OWN_DATE.now());
            }
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
        stopTimers();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stopTimers();
        context.fireChannelInactive();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private static void cut(ChannelHandlerContext context) {
        context.close();
    }

    private static boolean isSpoken(HttpVersion version) {
        return version.equals(HttpVersion.HTTP_1_1) || version.equals(HttpVersion.HTTP_1_0);
    }

    private void headIsLate(ChannelHandlerContext context) {
        headTimer = null;
        cut(context);
    }

    private void stopTimers() {
        pace.stop();
        if (headTimer != null) {
            headTimer.cancel(false);
            headTimer = null;
        }
    }
}
