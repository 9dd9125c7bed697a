package dev.sluice.ingress.exchange;

import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.forwarded.EndToEndFields;
import dev.sluice.ingress.header.DateField;
import dev.sluice.job.Headers;
import dev.sluice.waiting.WaitingBytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.http.support.Netty4HeadersAdapter;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * The response to a {@link NettyRequest} as WebFlux sees it. Header fields are adapted, not copied. A body that is a
 * {@link Mono} is sent as one message and committed with its value; one that is a {@link Flux} goes through a
 * {@link BodyWriter}, which bounds what waits for a slow client, and its head is sent at once: a stream is open before its
 * first piece is there. Like every response of WebFlux it is for one writer at a time, on any thread.
 */
public final class NettyResponse implements ServerHttpResponse {

    /**
     * How long to go on reading the body of a request that was answered without it before the connection is closed: closing at
     * once would reset it, and a client that is still sending would lose the answer.
     */
    public static final Duration LINGER = Duration.ofSeconds(3);

    private enum State {
        NEW,
        COMMITTING,
        COMMITTED
    }

    private final NettyRequest request;
    private final HttpServerResponse response;
    private final DateField date;
    private final WaitingBytes waiting;
    private final org.springframework.http.HttpHeaders headers;
    private List<Supplier<? extends Mono<Void>>> actions = List.of();
    private @Nullable MultiValueMap<String, ResponseCookie> cookies;
    private volatile State state = State.NEW;
    private int status;
    private boolean crossOrigin;
    private boolean lingering;
    private boolean endsWithConnection;

    NettyResponse(NettyRequest request, HttpServerResponse response, DateField date, WaitingBytes waiting) {
        this.request = request;
        this.response = response;
        this.date = date;
        this.waiting = waiting;
        this.headers = new org.springframework.http.HttpHeaders(new Netty4HeadersAdapter(response.responseHeaders()));
    }

    /**
     * The one of an exchange, below whatever filters have put around it.
     *
     * @throws IllegalStateException if a filter has put another response in its place
     */
    public static NettyResponse of(ServerWebExchange exchange) {
        ServerHttpResponse inner = exchange.getResponse();
        while (inner instanceof ServerHttpResponseDecorator decorator) {
            inner = decorator.getDelegate();
        }
        if (inner instanceof NettyResponse own) {
            return own;
        }
        throw new IllegalStateException(
                inner.getClass() + " is no response of the public listener and none of its decorators");
    }

    /** The request as it came in, whatever filters have made of it. */
    public NettyRequest request() {
        return request;
    }

    /** The account of what waits for clients and of them. */
    WaitingBytes waiting() {
        return waiting;
    }

    /** The header fields themselves. */
    public HttpHeaders fields() {
        return response.responseHeaders();
    }

    @Override
    public org.springframework.http.HttpHeaders getHeaders() {
        return state == State.COMMITTED ? org.springframework.http.HttpHeaders.readOnlyHttpHeaders(headers) : headers;
    }

    @Override
    public boolean setStatusCode(@Nullable HttpStatusCode code) {
        return setRawStatusCode(code == null ? null : code.value());
    }

    @Override
    public boolean setRawStatusCode(@Nullable Integer code) {
        if (state == State.COMMITTED) {
            return false;
        }
        status = code == null ? 0 : code;
        return true;
    }

    @Override
    public @Nullable HttpStatusCode getStatusCode() {
        return status == 0 ? null : HttpStatusCode.valueOf(status);
    }

    @Override
    public MultiValueMap<String, ResponseCookie> getCookies() {
        MultiValueMap<String, ResponseCookie> known = cookies;
        if (known == null) {
            known = new LinkedMultiValueMap<>();
            cookies = known;
        }
        return known;
    }

    @Override
    public void addCookie(ResponseCookie cookie) {
        if (state == State.COMMITTED) {
            throw new IllegalStateException("The response is committed; a cookie cannot be added any more");
        }
        getCookies().add(cookie.getName(), cookie);
    }

    @Override
    public DataBufferFactory bufferFactory() {
        return NettyRequest.BUFFERS;
    }

    @Override
    public void beforeCommit(Supplier<? extends Mono<Void>> action) {
        if (actions.isEmpty()) {
            actions = new ArrayList<>(2);
        }
        actions.add(action);
    }

    @Override
    public boolean isCommitted() {
        return state != State.NEW;
    }

    @Override
    public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
        if (body instanceof Mono<? extends DataBuffer> whole) {
            return whole.flatMap(this::writeWhole);
        }
        return Mono.defer(() -> commit(() -> sendPieces(Flux.from(body))));
    }

    private Mono<Void> writeWhole(DataBuffer body) {
        if (isCommitted()) {
            DataBufferUtils.release(body);
            return Mono.empty();
        }
        return actions.isEmpty()
                ? commit(() -> sendWhole(body))
                : commit(() -> sendWhole(body)).doOnError(error -> DataBufferUtils.release(body));
    }

    @Override
    public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
        return writeWith(Flux.from(body).concatMap(piece -> piece));
    }

    @Override
    public Mono<Void> setComplete() {
        return isCommitted() ? Mono.empty() : Mono.defer(() -> commit(this::sendNothing));
    }

    /** Runs what filters want to do last, fixes the head and sends. If one of them fails, another answer can be given. */
    private Mono<Void> commit(Supplier<Mono<Void>> send) {
        if (isCommitted()) {
            return Mono.empty();
        } else if (actions.isEmpty()) {
            fixHead();
            return send.get();
        }
        state = State.COMMITTING;
        List<Supplier<? extends Mono<Void>>> last = actions;
        actions = List.of();
        return Flux.fromIterable(last)
                .concatMap(Supplier::get)
                .doOnError(error -> state = State.NEW)
                .then(Mono.defer(() -> {
                    fixHead();
                    return send.get();
                }));
    }

    private void fixHead() {
        response.status(status == 0 ? 200 : status);
        if (!fields().contains(HeaderNames.DATE)) {
            fields().set(HeaderNames.DATE, date.now());
        }
        if (cookies != null) {
            cookies.values()
                    .forEach(named ->
                            named.forEach(cookie -> fields().add(HttpHeaderNames.SET_COOKIE, cookie.toString())));
        }
        state = State.COMMITTED;
    }

    /** Answers without a body and reads nothing more of the connection, because nobody knows what it would be. */
    Mono<Void> cutOff(int code) {
        setRawStatusCode(code);
        fields().set(HeaderNames.CONTENT_LENGTH, "0");
        closing();
        return Mono.defer(() -> commit(response::send));
    }

    private Mono<Void> sendNothing() {
        boolean never = status == 204 || status == 205 || status == 304;
        if (never || !leavesMuchUnread()) {
            return response.send();
        }
        fields().remove(HeaderNames.CONTENT_LENGTH); // with which the response would end, and the connection with it
        return response.chunkedTransfer(true).then().then(linger());
    }

    private Mono<Void> sendWhole(DataBuffer body) {
        ByteBuf bytes = NettyDataBufferFactory.toByteBuf(body);
        if (!fields().contains(HeaderNames.CONTENT_LENGTH)) {
            fields().set(HeaderNames.CONTENT_LENGTH, Integer.toString(bytes.readableBytes()));
        }
        if (isToHead()) {
            bytes.release();
            return response.send();
        } else if (leavesMuchUnread()) { // as content, because Reactor Netty takes a bare buffer for the whole of an
            // answer
            return response.then()
                    .then(Mono.defer(() ->
                            response.sendObject(new DefaultHttpContent(bytes)).then()))
                    .then(linger());
        }
        return isHttp2() // whose windows a client may leave closed
                ? sendPieces(Flux.just(body))
                : response.sendObject(bytes).then();
    }

    /** Without a length it ends with its last chunk, or for an old client with the connection. */
    private Mono<Void> sendPieces(Flux<? extends DataBuffer> body) {
        if (isToHead()) {
            return response.send();
        } else if (isToOldClient() && !fields().contains(HeaderNames.CONTENT_LENGTH)) {
            endsWithConnection = true;
            response.chunkedTransfer(false).keepAlive(false);
        }
        return response.then().then(Mono.defer(() -> new BodyWriter(request.channel(), body, waiting)));
    }

    /** Whether the client may go on sending a body of which nobody will read the rest. */
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
        return Mono.firstWithSignal(request.drop(), Mono.delay(LINGER).then());
    }

    /** From here on it is the gateway that says which pages may read the response. */
    public void crossOrigin() {
        crossOrigin = true;
    }

    /** Whether it is the gateway that says which pages may read the response, and not the backend. */
    boolean isCrossOrigin() {
        return crossOrigin;
    }

    /** Closes the connection after the response, but not before the client has had time to see it while it still sends. */
    void lingering() {
        lingering = true;
    }

    /** Closes the connection after the response. */
    void closing() {
        response.keepAlive(false);
    }

    /** Sets the fields behind a body in chunks. */
    void trailers(Headers given, boolean crossOrigin) {
        response.trailerHeaders(out -> EndToEndFields.add(given, out, crossOrigin, ""));
    }

    /**
     * Breaks the answer off now, whatever is on its way, so that nobody takes what there is for the whole: with a reset where an
     * orderly end of the connection would be the end of the answer; over HTTP/2 as an error of the server, because some clients
     * take a stream that is cancelled for one that has ended.
     */
    public void abort() {
        state = State.COMMITTED;
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

    /** Below TLS, whose orderly end would be one of the answer as well. */
    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if it fails
    private static void reset(Channel channel) {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.pipeline().firstContext().close();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if it fails
    private static void resetStream(Channel channel) {
        channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
    }

    /** Whether it has begun, so that no other can be given. */
    public boolean begun() {
        return state == State.COMMITTED || response.hasSentHeaders();
    }

    /** Whether the client speaks HTTP/1.0, which has no chunks. */
    boolean isToOldClient() {
        return response.version().majorVersion() == 1 && response.version().minorVersion() == 0;
    }

    private boolean isToHead() {
        return response.method().equals(HttpMethod.HEAD);
    }

    private boolean isHttp2() {
        return response.version().majorVersion() > 1;
    }
}
