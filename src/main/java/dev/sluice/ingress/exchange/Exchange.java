package dev.sluice.ingress.exchange;

import dev.sluice.ingress.forwarded.Caller;
import dev.sluice.ingress.forwarded.ClientOrigin;
import dev.sluice.ingress.forwarded.TrustedProxies;
import dev.sluice.ingress.header.Hosts;
import dev.sluice.job.JobRequest;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.RouteTable.RequestHead;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The view of a WebFlux exchange that the gateway's handlers use. What no filter has changed is read as it was sent: the target
 * undecoded, the header fields without a copy.
 */
public final class Exchange implements RequestHead {

    private static final String ATTRIBUTE = Exchange.class.getName();

    private final ServerWebExchange exchange;
    private final ServerHttpRequest request;
    private final ServerHttpResponse response;
    private final NettyRequest sent;
    private final NettyResponse netty;
    private final HttpHeaders fields;
    private final Target target;
    private final String host;
    private @Nullable Response responseView;
    private @Nullable ClientOrigin client;
    private @Nullable RequestBody body;

    @SuppressWarnings("ReferenceEquality") // the same object means unchanged, at no cost
    private Exchange(ServerWebExchange exchange) {
        this.exchange = exchange;
        this.request = exchange.getRequest();
        this.response = exchange.getResponse();
        this.netty = NettyResponse.of(exchange);
        this.sent = netty.request();
        boolean same = request == sent || request.getHeaders() == sent.getHeaders();
        this.fields = same ? sent.fields() : copy(request);
        this.target =
                request == sent || request.getURI().equals(sent.getURI()) ? sent.target() : target(request.getURI());
        this.host = same ? sent.host() : Hosts.asked(sent.version(), fields, target.authority());
    }

    /**
     * Returns the view of an exchange, created on first use and again after a filter has replaced the request or response.
     *
     * @throws ProblemException {@code bad-request} if the request has no usable target or host
     */
    public static Exchange of(ServerWebExchange exchange) {
        Exchange known = exchange.getAttribute(ATTRIBUTE);
        if (known == null || !known.shows(exchange)) {
            Exchange responding = known == null ? null : known.netty.responding();
            known = responding != null && responding.shows(exchange) ? responding : new Exchange(exchange);
            exchange.getAttributes().put(ATTRIBUTE, known);
        }
        return known;
    }

    /**
     * Returns the view to respond with to an exchange that has failed: that of the handler, or else the latest. A filter before
     * the one that replaced the request or response may have asked for a view since, which knows nothing of what the handler has
     * set and read.
     *
     * @return null if there is none, because the request was refused at once
     */
    public static @Nullable Exchange latest(ServerWebExchange exchange) {
        Exchange known = exchange.getAttribute(ATTRIBUTE);
        Exchange responding = known == null ? null : known.netty.responding();
        return responding == null ? known : responding;
    }

    @SuppressWarnings("ReferenceEquality")
    private boolean shows(ServerWebExchange other) {
        return request == other.getRequest() && response == other.getResponse();
    }

    private static HttpHeaders copy(ServerHttpRequest request) {
        HttpHeaders copy = new DefaultHttpHeaders();
        request.getHeaders().forEach((name, values) -> copy.add(name, values));
        return copy;
    }

    private static Target target(URI changed) {
        String path = changed.getRawPath();
        return Target.of(changed.getRawQuery() == null ? path : path + "?" + changed.getRawQuery());
    }

    /** The response. Fields that filters have set before the first call are part of any response, problems included. */
    public Response response() {
        Response known = responseView;
        if (known == null) {
            known = new Response(response, netty);
            responseView = known;
            netty.responding(this);
        }
        return known;
    }

    @Override
    public String method() {
        return request.getMethod().name();
    }

    @Override
    public String path() {
        return target.path();
    }

    /** The host that the client requested. */
    @Override
    public String host() {
        return client().host();
    }

    @Override
    public List<String> headers(String name) {
        return fields(name);
    }

    /** The path prefix under which the client sees the gateway; "" for none. */
    public String prefix() {
        return client().prefix();
    }

    /** Scheme and authority of the gateway as the client sees them; "" if the request names no host. */
    public String origin() {
        return client().host().isEmpty() ? "" : client().scheme() + "://" + client().host();
    }

    /** The origin of the request, as far as trusted proxies have recorded it. */
    public ClientOrigin client() {
        ClientOrigin known = client;
        return known == null ? ClientOrigin.of(exchange) : known;
    }

    ClientOrigin client(TrustedProxies proxies) {
        ClientOrigin known = client;
        if (known == null) {
            InetSocketAddress peer = request.getRemoteAddress();
            known = proxies.origin(peer == null ? null : peer.getAddress(), sent.scheme(), host, fields);
            client = known;
        }
        return known;
    }

    /** The caller. */
    public Caller caller() {
        return Caller.of(exchange);
    }

    public Target target() {
        return target;
    }

    public HttpHeaders fields() {
        return fields;
    }

    @Nullable
    public String field(CharSequence name) {
        return fields.get(name);
    }

    public List<String> fields(CharSequence name) {
        return fields.getAll(name);
    }

    /** The connection on which the request arrived. */
    public JobRequest.Origin connection() {
        InetSocketAddress client = request.getRemoteAddress();
        String address = client == null || client.getAddress() == null
                ? ""
                : client.getAddress().getHostAddress();
        return new JobRequest.Origin(address, sent.scheme(), host);
    }

    /** Bytes of the body; -1 if the request does not say. See {@link NettyRequest#length}. */
    @SuppressWarnings("ReferenceEquality") // as above
    public long length() {
        if (fields == sent.fields()) {
            return sent.length();
        }
        String length = field(HttpHeaderNames.CONTENT_LENGTH); // a filter may have changed the body
        if (length != null) {
            return Long.parseLong(length.strip());
        }
        return sent.length() == 0 ? 0 : -1;
    }

    /**
     * Returns the body, for one subscriber. Sends the client a 100 if it waits for one.
     *
     * @param limit the largest number of bytes
     */
    public Flux<byte[]> body(long limit) {
        long length = length();
        if (length == 0) {
            return Flux.empty();
        }
        body = new RequestBody(request.getBody(), length, limit, sent::hasCome, netty.waiting(), sent.loop()::schedule);
        return body;
    }

    /** The event loop of this exchange. To be called on it. */
    public Scheduler loop() {
        return sent.loop();
    }

    /** The event loop of this exchange. */
    public Executor executor() {
        return sent.channel().eventLoop();
    }

    /** Whether the client accepts trailers (RFC 9110, 10.1.4). */
    public boolean takesTrailers() {
        return !netty.sender().isToOldClient()
                && fields(HttpHeaderNames.TE).stream()
                        .flatMap(value -> Arrays.stream(value.split(",", -1)))
                        .anyMatch(coding -> coding.strip().equalsIgnoreCase("trailers"));
    }

    /**
     * Whether so much of the body may be unread that the connection is better closed than drained; for requests that are
     * refused.
     */
    public boolean hasMuchUnread() {
        return (body == null || !body.whole()) && NettyRequest.isMuch(length());
    }

    /** Whether some of the body has not been read. */
    public boolean hasUnread() {
        return length() != 0 && (body == null || !body.whole());
    }

    /** Whether the client waits for a 100 and so has not sent a body yet. */
    public boolean awaitsContinue() {
        return sent.awaitsContinue();
    }

    /** Drains the body; see {@link NettyRequest#drop}. */
    public Mono<Void> drop() {
        return sent.drop();
    }

    public boolean isHead() {
        return method().equals("HEAD");
    }
}
