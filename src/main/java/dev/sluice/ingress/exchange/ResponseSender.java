package dev.sluice.ingress.exchange;

import dev.sluice.http.HeaderNames;
import dev.sluice.waiting.WaitingBytes;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Sends a response whose head is complete, and decides what becomes of its connection. A body that is a {@link Flux} is written by
 * a {@link BodyWriter}, and the head is sent before its first piece. For one writer at a time, on any thread.
 */
final class ResponseSender {

    private final NettyRequest request;
    private final HttpServerResponse response;
    private final WaitingBytes waiting;
    private final boolean alone;
    private boolean lingering;
    private boolean endsWithConnection;
    private boolean lasting;
    private volatile @Nullable BodyWriting parked;

    /**
     * Creates one that has sent nothing.
     *
     * @param alone whether nobody but the gateway waits for the end of the exchange
     */
    ResponseSender(NettyRequest request, HttpServerResponse response, WaitingBytes waiting, boolean alone) {
        this.request = request;
        this.response = response;
        this.waiting = waiting;
        this.alone = alone;
    }

    /** Sends a response without a body. */
    Mono<Void> sendNothing(int status) {
        boolean never = status == 204 || status == 205 || status == 304;
        if (never || !leavesMuchUnread()) {
            return response.send();
        }
        fields().remove(HeaderNames.CONTENT_LENGTH); // which would end the response, and the connection with it
        return response.chunkedTransfer(true).then().then(linger());
    }

    /** Sends a body in one message. */
    Mono<Void> sendWhole(WholeBody body) {
        if (!fields().contains(HeaderNames.CONTENT_LENGTH)) {
            fields().set(HeaderNames.CONTENT_LENGTH, Integer.toString(body.length()));
        }
        if (isToHead()) {
            return response.send();
        } else if (leavesMuchUnread()) { // as content: a bare buffer is a whole response for Reactor Netty
            return response.then()
                    .then(Mono.defer(() -> response.sendObject(new DefaultHttpContent(body.passOn()))
                            .then()))
                    .then(linger());
        }
        return isHttp2() // a client may not open its windows
                ? sendPieces(Mono.fromSupplier(() -> NettyRequest.BUFFERS.wrap(body.passOn()))
                        .flux())
                : response.sendObject(body.passOn()).then();
    }

    /** A body without a length ends with its last chunk, or for a client of HTTP/1.0 with the connection. */
    Mono<Void> sendPieces(Flux<? extends DataBuffer> body) {
        if (isToHead()) {
            return response.send();
        } else if (isToOldClient() && !fields().contains(HeaderNames.CONTENT_LENGTH)) {
            endsWithConnection = true;
            response.chunkedTransfer(false).keepAlive(false);
        }
        Consumer<BodyWriting> told = mayPark() ? stream -> parked = stream : null;
        return response.then().then(Mono.defer(() -> new BodyWriter(request.channel(), body, waiting, told)));
    }

    /** A filter or an observation sees the end of an exchange, so the exchange must not end before the stream. */
    private boolean mayPark() {
        return lasting && alone && !isHttp2() && !isToOldClient() && !fields().contains(HeaderNames.CONTENT_LENGTH);
    }

    /** Has the connection parked some time after the head, if it can be ({@link BodyWriting#park}). */
    void lasting() {
        lasting = true;
    }

    /** Whether the exchange ends, or has ended, and its stream goes on by itself. */
    boolean isParked() {
        return parked != null;
    }

    /** Runs a task, at the end of the exchange, when all is sent: at once, or when a stream that goes on by itself is over. */
    void whenOver(Runnable task) {
        BodyWriting stream = parked;
        if (stream == null) {
            task.run();
        } else {
            stream.whenOver(task);
        }
    }

    /** Whether the client may be sending a body that is too large to be drained. */
    private boolean leavesMuchUnread() {
        if (lingering) {
            return true;
        }
        long length = request.length();
        boolean leaves = length != 0 && NettyRequest.isMuch(length) && !request.hasCome();
        if (leaves) {
            closing();
        }
        return leaves && !request.awaitsContinue() && !isToHead();
    }

    private Mono<Void> linger() {
        return Mono.firstWithSignal(
                request.drop(), Mono.delay(NettyResponse.LINGER).then());
    }

    /** Closes the connection at most {@link NettyResponse#LINGER} after the response, so that a client that is still sending can read it. */
    void lingering() {
        lingering = true;
    }

    /** Closes the connection after the response. */
    void closing() {
        response.keepAlive(false);
    }

    /**
     * Aborts the response, so that it is not taken for complete: by a reset where the end of the connection would be the end of
     * the body; over HTTP/2 with {@code INTERNAL_ERROR}, because some clients take a cancelled stream for one that has ended.
     */
    void abort() {
        response.withConnection(connection -> {
            Channel channel = connection.channel();
            if (channel instanceof Http2StreamChannel) {
                resetStream(channel);
            } else if (endsWithConnection) {
                reset(channel);
            }
            connection.dispose();
        });
    }

    /** Below TLS, whose close_notify would be an end of the body as well. */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if it fails
    private static void reset(Channel channel) {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.pipeline().firstContext().close();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if it fails
    private static void resetStream(Channel channel) {
        channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
    }

    /** Whether the client uses HTTP/1.0, which has no chunks. */
    boolean isToOldClient() {
        return response.version().majorVersion() == 1 && response.version().minorVersion() == 0;
    }

    private boolean isToHead() {
        return response.method().equals(HttpMethod.HEAD);
    }

    private boolean isHttp2() {
        return response.version().majorVersion() > 1;
    }

    private HttpHeaders fields() {
        return response.responseHeaders();
    }
}
