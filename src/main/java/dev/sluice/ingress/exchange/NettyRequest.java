package dev.sluice.ingress.exchange;

import dev.sluice.ingress.connection.EventLoops;
import dev.sluice.ingress.connection.RequestGuard;
import dev.sluice.ingress.header.Hosts;
import dev.sluice.representation.ProblemException;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpCookie;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.RequestPath;
import org.springframework.http.server.reactive.AbstractServerHttpRequest;
import org.springframework.http.server.reactive.SslInfo;
import org.springframework.http.support.Netty4HeadersAdapter;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerRequest;

/**
 * A request of the public listener for WebFlux. Replaces Spring's own adapter, which creates a {@link URI} of every target and so
 * refuses some that clients send and backends accept. Here the target is kept as it was sent, and a {@link LenientUri} created
 * on demand. Header fields are adapted, not copied.
 */
public final class NettyRequest extends AbstractServerHttpRequest {

    public static final NettyDataBufferFactory BUFFERS = new NettyDataBufferFactory(ByteBufAllocator.DEFAULT);

    /** Passed to the superclass, whose constructor requires a URI. */
    private static final URI NOT_MADE = URI.create("/");

    private static final long UNREAD = -2;
    private static final AtomicLong NUMBERS = new AtomicLong();

    /** A body up to this size is drained and its connection kept when the request is refused. */
    private static final long WORTH_DRAINING = 64 * 1024;

    private final HttpServerRequest request;
    private final Channel channel;
    private @Nullable Target target;
    private @Nullable String host;
    private @Nullable URI uri;
    private @Nullable RequestPath path;
    private long length = UNREAD;

    NettyRequest(HttpServerRequest request) {
        super(
                HttpMethod.valueOf(request.method().name()),
                NOT_MADE,
                null,
                new org.springframework.http.HttpHeaders(new Netty4HeadersAdapter(request.requestHeaders())));
        this.request = request;
        this.channel = channel(request);
    }

    /** Netty's header fields. */
    public HttpHeaders fields() {
        return request.requestHeaders();
    }

    /**
     * Returns the request target.
     *
     * @throws ProblemException {@code bad-request} if it is malformed
     */
    Target target() {
        Target known = target;
        if (known == null) {
            known = Target.of(request.uri());
            target = known;
        }
        return known;
    }

    /**
     * Returns the requested host; "" for none.
     *
     * @throws ProblemException {@code bad-request} if it is malformed, missing or repeated
     */
    String host() {
        String known = host;
        if (known == null) {
            known = Hosts.asked(request.version(), fields(), target().authority());
            host = known;
        }
        return known;
    }

    String scheme() {
        return request.scheme();
    }

    HttpVersion version() {
        return request.version();
    }

    /** See {@link LenientUri}. Never fails, as error handlers use it too. */
    @Override
    public URI getURI() {
        URI known = uri;
        if (known == null) {
            known = LenientUri.of(request.scheme(), fields().get(HttpHeaderNames.HOST, ""), request.uri());
            uri = known;
        }
        return known;
    }

    @Override
    public RequestPath getPath() {
        RequestPath known = path;
        if (known == null) {
            known = RequestPath.parse(getURI(), null);
            path = known;
        }
        return known;
    }

    /** The body, for one subscriber. Subscribing sends the client a 100 if it waits for one. */
    @Override
    public Flux<DataBuffer> getBody() {
        return request.receive().map(piece -> BUFFERS.wrap(piece.retain()));
    }

    @Override
    protected MultiValueMap<String, HttpCookie> initCookies() {
        MultiValueMap<String, HttpCookie> cookies = new LinkedMultiValueMap<>();
        for (Map.Entry<CharSequence, List<Cookie>> named : request.allCookies().entrySet()) {
            for (Cookie cookie : named.getValue()) {
                cookies.add(cookie.name(), new HttpCookie(cookie.name(), cookie.value()));
            }
        }
        return cookies;
    }

    @Override
    public @Nullable InetSocketAddress getLocalAddress() {
        return request.hostAddress();
    }

    /** The peer of the connection. */
    @Override
    public @Nullable InetSocketAddress getRemoteAddress() {
        return request.remoteAddress();
    }

    @Override
    protected @Nullable SslInfo initSslInfo() {
        Channel connection = channel instanceof Http2StreamChannel ? channel.parent() : channel;
        SslHandler tls = connection.pipeline().get(SslHandler.class);
        return tls == null ? null : sslInfo(tls.engine().getSession());
    }

    private static SslInfo sslInfo(SSLSession session) {
        String id = HexFormat.of().formatHex(session.getId());
        try {
            Certificate[] shown = session.getPeerCertificates();
            return SslInfo.from(
                    id,
                    Arrays.stream(shown)
                            .filter(X509Certificate.class::isInstance)
                            .toArray(X509Certificate[]::new));
        } catch (SSLPeerUnverifiedException noneShown) {
            return SslInfo.from(id);
        }
    }

    @Override
    protected @Nullable String initId() {
        return Long.toString(NUMBERS.incrementAndGet(), Character.MAX_RADIX); // short, as every exchange has an id
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as it is inherited
    public <T> T getNativeRequest() {
        return (T) request;
    }

    /**
     * The length of the body in bytes; -1 if unknown. For HTTP/2 without a length it is unknown whether there is a body until the
     * event loop has handled the head.
     */
    long length() {
        if (length == UNREAD) {
            String said = fields().get(HttpHeaderNames.CONTENT_LENGTH);
            length = said == null ? -1 : Long.parseLong(said.strip()); // the decoder has checked it
        }
        return length >= 0 || mayHaveBody() ? length : 0;
    }

    private boolean mayHaveBody() {
        return fields().contains(HttpHeaderNames.TRANSFER_ENCODING)
                || (request.version().majorVersion() == 2 && !isWithoutBody());
    }

    /** Whether the request has arrived and has no body, or none that was not read. */
    private boolean isWithoutBody() {
        return request instanceof ChannelOperations<?, ?> operations && operations.isInboundDisposed();
    }

    /** Whether the last piece of the body has arrived. To be called on the event loop. */
    boolean hasCome() {
        return RequestGuard.hasWholeRequest(channel);
    }

    /** Whether a body of this length is too large to be drained; -1: unknown. */
    static boolean isMuch(long length) {
        return length < 0 || length > WORTH_DRAINING;
    }

    /** Whether the client waits for a 100 and so has not sent a body yet. */
    boolean awaitsContinue() {
        String expect = fields().get(HttpHeaderNames.EXPECT);
        return expect != null && expect.equalsIgnoreCase("100-continue");
    }

    /**
     * Drains the body and completes with it. Never completes if another subscriber has stopped reading it, or if the connection
     * breaks: that ends the exchange by itself, and its error would be reported twice.
     */
    Mono<Void> drop() {
        channel.config().setAutoRead(true);
        return request.receive().then().onErrorResume(brokenOrBegun -> Mono.never());
    }

    /** A scheduler on the event loop of this exchange. */
    Scheduler loop() {
        return EventLoops.of(channel.eventLoop());
    }

    /** Runs on the event loop of this exchange: at once if called on it, as is usual unless a filter has moved the exchange. */
    public Mono<Void> inLoop(Supplier<Mono<Void>> action) {
        return channel.eventLoop().inEventLoop()
                ? action.get()
                : Mono.defer(action).subscribeOn(loop());
    }

    /** The connection, or the HTTP/2 stream, of the request. */
    Channel channel() {
        return channel;
    }

    private static Channel channel(HttpServerRequest request) {
        Channel[] channel = new Channel[1];
        request.withConnection(connection -> channel[0] = connection.channel());
        return channel[0];
    }
}
