package dev.sluice.ingress.exchange;

import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.forwarded.EndToEndFields;
import dev.sluice.ingress.header.DateField;
import dev.sluice.job.Headers;
import dev.sluice.waiting.WaitingBytes;
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
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferUtils;
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
 * The response to a {@link NettyRequest} for WebFlux. Header fields are adapted, not copied. A body that is a {@link Mono} is
 * sent as one message and committed with its value. One that is a {@link Flux} is written by a {@link BodyWriter}, which
 * bounds what is pending for a slow client, and its head is sent at once, before the first piece. Like every response of
 * WebFlux it is for one writer at a time, on any thread.
 */
public final class NettyResponse implements ServerHttpResponse {

    /**
     * How long the body of a request that was answered early is read before the connection is closed: closing at once would
     * reset it, and a client that is still sending would lose the response.
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
    private final boolean alone;
    private final org.springframework.http.HttpHeaders headers;
    private List<Supplier<? extends Mono<Void>>> actions = List.of();
    private @Nullable MultiValueMap<String, ResponseCookie> cookies;
    private @Nullable Exchange responding;
    private volatile State state = State.NEW;
    private int status;
    private boolean crossOrigin;
    private boolean lingering;
    private boolean endsWithConnection;
    private boolean lasting;
    private volatile @Nullable BodyWriting parked;

    /**
     * Creates a response of which nothing has been sent.
     *
     * @param alone whether nobody but the gateway waits for the end of the exchange
     */
    NettyResponse(
            NettyRequest request, HttpServerResponse response, DateField date, WaitingBytes waiting, boolean alone) {
        this.request = request;
        this.response = response;
        this.date = date;
        this.waiting = waiting;
        this.alone = alone;
        this.headers = new org.springframework.http.HttpHeaders(new Netty4HeadersAdapter(response.responseHeaders()));
    }

    /**
     * Returns the response of an exchange without the decorators of filters.
     *
     * @throws IllegalStateException if a filter has replaced the response
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

    /** The request as received, without changes of filters. */
    public NettyRequest request() {
        return request;
    }

    /** Sets the view through which a handler responds. */
    void responding(Exchange view) {
        responding = view;
    }

    /** The latest view through which a handler responds; null if none does. */
    @Nullable
    Exchange responding() {
        return responding;
    }

    /** The account of the bytes pending for all clients. */
    WaitingBytes waiting() {
        return waiting;
    }

    /** Netty's header fields. */
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
        WholeBody whole = new WholeBody(body);
        try {
            Mono<Void> written = commit(() -> sendWhole(whole));
            return whole.isPassedOn() ? written : written.doFinally(signal -> whole.close());
        } catch (RuntimeException e) {
            whole.close();
            throw e;
        }
    }

    @Override
    public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
        return writeWith(Flux.from(body).concatMap(piece -> piece));
    }

    @Override
    public Mono<Void> setComplete() {
        return isCommitted() ? Mono.empty() : Mono.defer(() -> commit(this::sendNothing));
    }

    /** Runs the {@code beforeCommit} actions, completes the head and sends. If an action fails, another response can be sent. */
    private Mono<Void> commit(Supplier<Mono<Void>> send) {
        if (isCommitted()) {
            return Mono.empty();
        } else if (actions.isEmpty()) {
            completeHead();
            return send.get();
        }
        state = State.COMMITTING;
        List<Supplier<? extends Mono<Void>>> last = actions;
        actions = List.of();
        return Flux.fromIterable(last)
                .concatMap(Supplier::get)
                .doOnError(error -> state = State.NEW)
                .then(Mono.defer(() -> {
                    completeHead();
                    return send.get();
                }));
    }

    private void completeHead() {
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

    /** Responds without a body and closes the connection, as it is unclear where the next request begins. */
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
        fields().remove(HeaderNames.CONTENT_LENGTH); // which would end the response, and the connection with it
        return response.chunkedTransfer(true).then().then(linger());
    }

    private Mono<Void> sendWhole(WholeBody body) {
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
    private Mono<Void> sendPieces(Flux<? extends DataBuffer> body) {
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
        return Mono.firstWithSignal(request.drop(), Mono.delay(LINGER).then());
    }

    /** Makes the gateway set the CORS fields of the response. */
    public void crossOrigin() {
        crossOrigin = true;
    }

    /** Whether the gateway, and not the backend, sets the CORS fields of the response. */
    boolean isCrossOrigin() {
        return crossOrigin;
    }

    /** Closes the connection at most {@link #LINGER} after the response, so that a client that is still sending can read it. */
    void lingering() {
        lingering = true;
    }

    /** Closes the connection after the response. */
    void closing() {
        response.keepAlive(false);
    }

    /** Sets the trailers of a chunked body. */
    void trailers(Headers given, boolean crossOrigin) {
        response.trailerHeaders(out -> EndToEndFields.add(given, out, crossOrigin, ""));
    }

    /**
     * Aborts the response, so that it is not taken for complete: by a reset where the end of the connection would be the end of
     * the body; over HTTP/2 with {@code INTERNAL_ERROR}, because some clients take a cancelled stream for one that has ended.
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

    /** Whether the response has begun, so that no other can be sent. */
    public boolean begun() {
        return state == State.COMMITTED || response.hasSentHeaders();
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
}
