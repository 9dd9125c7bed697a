package dev.sluice.ingress;

import dev.sluice.job.JobRequest;
import dev.sluice.route.RouteTable.RequestHead;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerRequest;

/** One request, and with the way to answer it all that the handlers see of Reactor Netty. */
final class Exchange implements RequestHead {

    /** Bodies up to this size are dropped and the connection kept when their request is refused. */
    private static final long WORTH_DROPPING = 64 * 1024;

    private final HttpServerRequest request;
    private final Answer answer;
    private final TrustedProxies proxies;
    private final Target target;
    private final String host;
    private @Nullable ClientOrigin client;
    private @Nullable RequestBody body;

    /**
     * Looks at the head of a request.
     *
     * @throws Refusal {@code bad-request} if it has no usable target or host
     */
    Exchange(HttpServerRequest request, Answer answer, TrustedProxies proxies) {
        this.request = request;
        this.answer = answer;
        this.proxies = proxies;
        this.target = Target.of(request.uri());
        this.host = Hosts.asked(request, target.authority());
    }

    /** The way to answer it. */
    Answer answer() {
        return answer;
    }

    @Override
    public String method() {
        return request.method().name();
    }

    @Override
    public String path() {
        return target.path();
    }

    /** The host that the client asked for. */
    @Override
    public String host() {
        return client().host();
    }

    @Override
    public List<String> headers(String name) {
        return fields(name);
    }

    /** What stands before the gateway's own paths where the client sees them. */
    String prefix() {
        return client().prefix();
    }

    /** Scheme and authority that stand before a path where the client sees it; "" if it named no host. */
    String origin() {
        return client().host().isEmpty() ? "" : client().scheme() + "://" + client().host();
    }

    /** Where the request comes from, as far as those who passed it on are to be believed. */
    ClientOrigin client() {
        ClientOrigin known = client;
        if (known == null) {
            InetSocketAddress peer = request.remoteAddress();
            known = proxies.origin(peer == null ? null : peer.getAddress(), request.scheme(), host, fields());
            client = known;
        }
        return known;
    }

    Target target() {
        return target;
    }

    HttpHeaders fields() {
        return request.requestHeaders();
    }

    @Nullable
    String field(CharSequence name) {
        return request.requestHeaders().get(name);
    }

    List<String> fields(CharSequence name) {
        return request.requestHeaders().getAll(name);
    }

    /** The connection that the request came in on. */
    JobRequest.Origin connection() {
        InetSocketAddress client = request.remoteAddress();
        String address = client == null || client.getAddress() == null
                ? ""
                : client.getAddress().getHostAddress();
        return new JobRequest.Origin(address, request.scheme(), host);
    }

    /**
     * Bytes of the body; -1 if the request does not say. Of HTTP/2 without a length it is not known whether there is any body
     * before the event loop has dealt with the request's head.
     */
    long length() {
        String length = field(HttpHeaderNames.CONTENT_LENGTH);
        if (length == null) {
            return field(HttpHeaderNames.TRANSFER_ENCODING) != null || (isHttp2() && !isWhole()) ? -1 : 0;
        }
        return Long.parseLong(length.strip()); // the decoder has checked it
    }

    /**
     * The body, to be read once; asking for it tells the client to go on if it waits for that.
     *
     * @param limit bytes it may have
     */
    Flux<byte[]> body(long limit) {
        long length = length();
        if (length == 0) {
            return Flux.empty();
        }
        body = new RequestBody(
                request.receive(), length, limit, this::ended, answer.waiting(), EventLoops.of(request)::schedule);
        return body;
    }

    /** Whether the request has come in and has no body, or none that was not read. */
    private boolean isWhole() {
        boolean[] whole = {false};
        request.withConnection(connection ->
                whole[0] = connection instanceof ChannelOperations<?, ?> request && request.isInboundDisposed());
        return whole[0];
    }

    /** Whether the last piece of the body has come in; on the event loop. */
    private boolean ended() {
        boolean[] ended = {false};
        request.withConnection(connection -> ended[0] = RequestGuard.hasWholeRequest(connection.channel()));
        return ended[0];
    }

    /** Runs on the event loop of this exchange; to be asked for on that. */
    Scheduler loop() {
        return EventLoops.of(request);
    }

    /** Whether the client has use for trailers (RFC 9110, 10.1.4). */
    boolean takesTrailers() {
        return !answer.isToOldClient()
                && fields(HttpHeaderNames.TE).stream()
                        .flatMap(value -> Arrays.stream(value.split(",", -1)))
                        .anyMatch(coding -> coding.strip().equalsIgnoreCase("trailers"));
    }

    /**
     * Whether a client may still be sending a body that nobody reads, so much of it that the connection is better closed;
     * for requests that are refused.
     */
    boolean hasMuchUnread() {
        long length = length();
        return (body == null || !body.whole()) && (length < 0 || length > WORTH_DROPPING);
    }

    /** Whether some of the body has not been read. */
    boolean hasUnread() {
        return length() != 0 && (body == null || !body.whole());
    }

    /** Whether the client waits to be told to go on, so that it has sent no body yet. */
    boolean awaitsContinue() {
        String expect = field(HttpHeaderNames.EXPECT);
        return expect != null && expect.equalsIgnoreCase("100-continue");
    }

    /**
     * Drops what still comes in of the body; ends with it, or never if somebody began to read it and stopped, or the connection
     * breaks: that ends the exchange by itself, and who ended it here as well would be told of the break a second time.
     */
    Mono<Void> drop() {
        request.withConnection(connection -> connection.channel().config().setAutoRead(true));
        return request.receive().then().onErrorResume(brokenOrBegun -> Mono.never());
    }

    boolean isHead() {
        return method().equals("HEAD");
    }

    private boolean isHttp2() {
        return request.version().majorVersion() > 1;
    }
}
