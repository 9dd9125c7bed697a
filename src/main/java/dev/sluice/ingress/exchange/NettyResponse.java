package dev.sluice.ingress.exchange;

import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.forwarded.EndToEndFields;
import dev.sluice.ingress.header.DateField;
import dev.sluice.job.Headers;
import dev.sluice.waiting.WaitingBytes;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    private final ResponseSender sender;
    private final org.springframework.http.HttpHeaders headers;
    private List<Supplier<? extends Mono<Void>>> actions = List.of();
    private @Nullable MultiValueMap<String, ResponseCookie> cookies;
    private @Nullable Exchange responding;
    private volatile State state = State.NEW;
    private int status;
    private boolean crossOrigin;

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
        this.sender = new ResponseSender(request, response, waiting, alone);
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
        return Mono.defer(() -> commit(() -> sender.sendPieces(Flux.from(body))));
    }

    private Mono<Void> writeWhole(DataBuffer body) {
        if (isCommitted()) {
            DataBufferUtils.release(body);
            return Mono.empty();
        }
        WholeBody whole = new WholeBody(body);
        try {
            Mono<Void> written = commit(() -> sender.sendWhole(whole));
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
        return isCommitted() ? Mono.empty() : Mono.defer(() -> commit(() -> sender.sendNothing(status)));
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
        sender.closing();
        return Mono.defer(() -> commit(response::send));
    }

    /** Makes the gateway set the CORS fields of the response. */
    public void crossOrigin() {
        crossOrigin = true;
    }

    /** Whether the gateway, and not the backend, sets the CORS fields of the response. */
    boolean isCrossOrigin() {
        return crossOrigin;
    }

    /** Sets the trailers of a chunked body. */
    void trailers(Headers given, boolean crossOrigin) {
        response.trailerHeaders(out -> EndToEndFields.add(given, out, crossOrigin, ""));
    }

    /** What sends this response, and decides about its connection. */
    ResponseSender sender() {
        return sender;
    }

    /** Aborts the response, so that it is not taken for complete. */
    public void abort() {
        state = State.COMMITTED;
        sender.abort();
    }

    /** Whether the response has begun, so that no other can be sent. */
    public boolean begun() {
        return state == State.COMMITTED || response.hasSentHeaders();
    }
}
