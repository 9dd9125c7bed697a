package dev.sluice.ingress;

import dev.sluice.job.Headers;
import dev.sluice.waiting.WaitingBytes;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/** The way to answer one request: fields first, then one of the methods that send. */
final class Answer {

    private final HttpServerResponse response;
    private final DateField date;
    private final WaitingBytes waiting;
    private final List<CharSequence> lasting = new ArrayList<>(0);
    private boolean crossOrigin;
    private boolean backends;
    private boolean endsWithConnection;

    Answer(HttpServerResponse response, DateField date, WaitingBytes waiting) {
        this.response = response;
        this.date = date;
        this.waiting = waiting;
    }

    /** The account of what waits for clients and of them. */
    WaitingBytes waiting() {
        return waiting;
    }

    /** Adds a field. */
    Answer with(CharSequence name, CharSequence value) {
        response.responseHeaders().add(name, value);
        return this;
    }

    /** Adds a field that every answer to the request has, an error too. */
    Answer always(CharSequence name, CharSequence value) {
        lasting.add(name);
        lasting.add(value);
        return with(name, value);
    }

    /** Takes back the fields of an answer that was prepared and is not given after all. */
    void reset() {
        response.responseHeaders().clear();
        for (int i = 0; i < lasting.size(); i += 2) {
            with(lasting.get(i), lasting.get(i + 1));
        }
    }

    /**
     * Adds the fields of an answer that a backend gave, but for those that are the gateway's to say.
     *
     * @param prefix what stands before the gateway's paths where the client sees them
     */
    HttpHeaders withFields(Headers given, String prefix) {
        EndToEnd.add(given, response.responseHeaders(), !crossOrigin, prefix);
        return response.responseHeaders();
    }

    /** From here on it is the gateway that says which pages may read the answer. */
    void crossOrigin() {
        crossOrigin = true;
    }

    /** From here on an answer of the backend may be given, so that one of the gateway has to say that it is none. */
    void backends() {
        backends = true;
    }

    /** Whether the client may take an answer for the backend's. */
    boolean isBackends() {
        return backends;
    }

    /** Asks proxies on the way to pass each piece on as it comes. */
    Answer unbuffered() {
        response.responseHeaders().set("X-Accel-Buffering", "no").set("Incremental", "?1");
        return this;
    }

    /** Closes the connection after the answer. */
    void closing() {
        response.keepAlive(false);
    }

    /** Sends no body, or to HEAD the fields that the body would have had. */
    Mono<Void> send(int status) {
        status(status);
        return response.send();
    }

    /** Sends a whole body. */
    Mono<Void> send(int status, CharSequence contentType, byte[] body) {
        describe(status, contentType, body);
        if (isToHead()) {
            return response.send();
        }
        return isHttp2() // whose windows a client may leave closed
                ? pieces(Flux.just(body))
                : response.sendObject(Unpooled.wrappedBuffer(body)).then();
    }

    /** Sends a whole body but does not end the exchange, which would close a connection that is to be closed. */
    Mono<Void> begin(int status, CharSequence contentType, byte[] body) {
        describe(status, contentType, body);
        return response.then().then(Mono.defer(() -> write(body)));
    }

    /** Sends a body of a length that is known, piece by piece: the next is asked for when one is on its way. */
    Mono<Void> send(int status, long length, Flux<byte[]> body) {
        status(status);
        if (status == 204 || status == 304) { // RFC 9110, 8.6: none, and no length of what another answer would have
            return response.send();
        }
        frame(length);
        return isToHead() || length == 0 ? response.send() : pieces(body);
    }

    /** Sends the head only, which says the length of a body that another request would get; -1: nothing. */
    Mono<Void> head(int status, long length) {
        status(status);
        frame(length);
        return response.send();
    }

    /**
     * Passes a body on, each piece as soon as it is there and the one before is on its way. Without a length it ends with
     * its last chunk, or for an old client with the connection.
     *
     * @param length bytes it has; -1 if that is known only at its end
     */
    Mono<Void> pass(int status, long length, Flux<byte[]> body) {
        status(status);
        frame(length);
        return pieces(body);
    }

    /** Sets the fields behind a body in chunks. */
    void trailers(Headers fields) {
        response.trailerHeaders(out -> EndToEnd.add(fields, out, !crossOrigin, ""));
    }

    /** Sends a stream without end, each piece at once. */
    Mono<Void> stream(Flux<byte[]> pieces) {
        status(200);
        frame(-1);
        return pieces(pieces);
    }

    /** Whether it has begun, so that no other can be given. */
    boolean begun() {
        return response.hasSentHeaders();
    }

    /**
     * Breaks the answer off now, whatever is on its way, so that nobody takes what there is for the whole: with a reset where an
     * orderly end of the connection would be the end of the answer; over HTTP/2 as an error of the server, because some clients
     * take a stream that is cancelled for one that has ended.
     */
    void abort() {
        response.withConnection(connection -> {
            Channel channel = connection.channel();
            if (channel instanceof Http2StreamChannel) {
                resetStream(channel);
            } else if (endsWithConnection) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            }
            connection.dispose();
        });
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if it fails
    private static void resetStream(Channel channel) {
        channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
    }

    /** Whether the client speaks HTTP/1.0, which has no chunks. */
    boolean isToOldClient() {
        return response.version().majorVersion() == 1 && response.version().minorVersion() == 0;
    }

    private boolean isToHead() {
        return response.method().equals(HttpMethod.HEAD);
    }

    private void status(int status) {
        response.status(status);
        if (!response.responseHeaders().contains(Fields.DATE)) {
            response.responseHeaders().set(Fields.DATE, date.now());
        }
    }

    private void describe(int status, CharSequence contentType, byte[] body) {
        status(status);
        response.responseHeaders()
                .set(Fields.CONTENT_TYPE, contentType)
                .set(Fields.CONTENT_LENGTH, Integer.toString(body.length));
    }

    private void frame(long length) {
        if (length >= 0) {
            response.responseHeaders().set(Fields.CONTENT_LENGTH, Long.toString(length));
        } else if (isToOldClient()) {
            endsWithConnection = !isToHead();
            response.chunkedTransfer(false).keepAlive(false);
        }
    }

    private Mono<Void> pieces(Flux<byte[]> body) {
        return response.then().then(Mono.defer(() -> new BodyWriter(channel(), body, waiting)));
    }

    private Channel channel() {
        Channel[] channel = new Channel[1];
        response.withConnection(connection -> channel[0] = connection.channel());
        return channel[0];
    }

    private boolean isHttp2() {
        return response.version().majorVersion() > 1;
    }

    /** As content, because Reactor Netty takes a bare buffer for the whole of an answer. */
    private Mono<Void> write(byte[] piece) {
        return response.sendObject(new DefaultHttpContent(Unpooled.wrappedBuffer(piece)))
                .then();
    }
}
