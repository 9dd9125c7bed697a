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
 * Closes an HTTP/1.1 connection that costs more than it should: one whose head or body arrives too slowly, or whose client
 * pipelines request after request without waiting for responses, which Reactor Netty would queue without a bound. Ends bodies
 * that cannot be read any further. A request that arrives at once, as nearly all do, sets no timer.
 *
 * <p>A client may close its side after a complete request and still expect the response (RFC 9112, 9.5): complete requests
 * are answered, then the connection is closed. A client that is gone for good looks the same until the first bytes of the
 * response, which its system resets; until then the gateway waits for the response as usual.
 *
 * <p>Reactor Netty's time-outs do not express this. Its {@code readTimeout} is the longest gap between reads: with 300 ms, a
 * body of one byte every 150 ms went on for as long as it was watched, and an upload whose reader paused for longer was cut.
 * Its {@code requestTimeout} cuts an upload after that time however fast it arrives. Its {@code idleTimeout} bounds a head
 * only by the time that an idle connection is kept.
 */
final class ConnectionGuard extends ChannelDuplexHandler implements RequestGuard {

    /** The time from the first bytes of a head to its end. */
    static final long HEADER_MILLIS = 10_000;

    /** Pipelined requests that may wait behind the one that is being answered. */
    static final int AHEAD = 32;

    /** Bytes of body that they may have. */
    static final long AHEAD_BYTES = 256 * 1024;

    /**
     * Replaces HTTP/2.0 in a request line of HTTP/1.1, which Reactor Netty would answer by itself and so out of turn.
     */
    private static final HttpVersion UNSUPPORTED = HttpVersion.valueOf("HTTP/0.2");

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
    private boolean responding;
    private boolean persistent = true; // as the client was told with the last response
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

    /** Whether the last request that has arrived, a whole one, is being answered, and nothing of another has arrived. */
    boolean isQuiet() {
        return unanswered == 1 && responding && betweenRequests && headTimer == null && !ended;
    }

    /** Whether the client may send another request behind the response that is being sent. */
    boolean isPersistent() {
        return persistent;
    }

    /** Whether the next bytes belong to a head. */
    boolean inHead() {
        return betweenRequests;
    }

    /** Bytes were read. Only then does the end of a read, which handlers in front may announce twice, begin a head. */
    void bytesCame() {
        came = true;
    }

    /** The number of bytes of the body that have not arrived; -1 if unknown. */
    long bodyLeft() {
        HttpRequest request = head;
        if (request == null
                || request.decoderResult().isFailure()
                || request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return -1;
        }
        return Math.max(0, HttpUtil.getContentLength(request, 0L) - received);
    }

    /** A client may close its side in the middle of a body and is still told what is wrong with the request. */
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
                request.setProtocolVersion(UNSUPPORTED);
            }
            request.headers().remove(HttpHeaderNames.UPGRADE); // none is offered (RFC 9110, 7.8), that to h2c neither
            head = request;
            received = 0;
        }
        if (message instanceof HttpContent content) {
            if (content.decoderResult().isFailure() && !(message instanceof HttpRequest)) {
                content.release(); // Reactor Netty would answer by itself and so out of turn
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

    /** A TLS close_notify is an end of input as well. It is not passed on, as Reactor Netty would close the connection. */
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
     * A reset, unlike an end of input, means that the peer is gone; with half-closure allowed Netty treats both alike. Frames
     * behind the preface of HTTP/2 may be invalid before that protocol's guard is in place.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (FrameGuard.handled(context, cause)) {
            return;
        }
        context.fireExceptionCaught(cause);
        if (cause instanceof IOException) {
            cut(context);
        }
    }

    /** Closes the connection once all requests are answered. */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private void end(ChannelHandlerContext context) {
        ended = true;
        stopTimers();
        if (unanswered == 0) {
            context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE); // after responses
        }
    }

    /**
     * Ends a body of which no more can be read, such as one with a malformed chunk. Its reader sees an incomplete body; the
     * connection is closed after the response, because nothing more can be read from it.
     */
    private void breakOff(ChannelHandlerContext context) {
        ended = true;
        cutShort = true;
        betweenRequests = true;
        stopTimers();
        if (unanswered == 0 || (unanswered == 1 && responding)) {
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
            responding = !interim;
            if (!interim && !response.headers().contains(HttpHeaderNames.DATE)) { // a refusal of Reactor Netty
                response.headers().set(HttpHeaderNames.DATE, OWN_DATE.now());
            }
            if (!isSupported(response.protocolVersion())) {
                response.setProtocolVersion(HttpVersion.HTTP_1_1); // RFC 9110, 2.5: ours, not the client's
            }
            if (ended && unanswered == 1) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            }
            persistent = HttpUtil.isKeepAlive(response);
        }
        if (message instanceof LastHttpContent && !interim) {
            responding = false;
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

    private static boolean isSupported(HttpVersion version) {
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
