package dev.sluice.ingress;

import dev.sluice.job.Headers;
import dev.sluice.job.JobRequest;
import dev.sluice.job.Problem;
import dev.sluice.route.RouteTable.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.FastThreadLocal;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableChannel;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** One request and the way to answer it: all that the handlers see of Reactor Netty. */
final class Exchange implements RequestHead {

    /** Characters that stand for something else where hosts are written. */
    private static final String NEVER_IN_HOST = "\"#/<>?@\\^`{|}";

    /** Bodies up to this size are dropped and the connection kept when their request is refused. */
    private static final long WORTH_DROPPING = 64 * 1024;

    private static final FastThreadLocal<Scheduler> LOOP = new FastThreadLocal<>();

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final DateField date;
    private final TrustedProxies proxies;
    private final Target target;
    private final String host;
    private final List<CharSequence> lasting = new ArrayList<>(0);
    private @Nullable ClientOrigin client;
    private boolean crossOrigin;
    private @Nullable RequestBody body;
    private boolean endsWithConnection;

    /**
     * Looks at the head of a request.
     *
     * @throws Refusal {@code bad-request} if it has no usable target or host
     */
    Exchange(HttpServerRequest request, HttpServerResponse response, DateField date, TrustedProxies proxies) {
        this.request = request;
        this.response = response;
        this.date = date;
        this.proxies = proxies;
        this.target = Target.of(request.uri());
        this.host = host(target);
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

    JobRequest.Origin origin() {
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
        body = new RequestBody(request.receive(), length, limit, this::ended);
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
        boolean[] ended = {true};
        request.withConnection(connection -> ended[0] = ConnectionGuard.hasWholeRequest(connection.channel()));
        return ended[0];
    }

    /** Runs on the event loop of this exchange; to be asked for on that. */
    Scheduler loop() {
        Scheduler loop = LOOP.get();
        if (loop == null) {
            request.withConnection(
                    connection -> LOOP.set(scheduler(connection.channel().eventLoop())));
            loop = LOOP.get();
        }
        return loop;
    }

    /** The lambda hides that the loop is a service, whose tasks would each be a future that nobody looks at. */
    private static Scheduler scheduler(EventLoop loop) {
        return Schedulers.fromExecutor(task -> loop.execute(task));
    }

    /** Adds a field to the answer. */
    Exchange with(CharSequence name, CharSequence value) {
        response.responseHeaders().add(name, value);
        return this;
    }

    /** Adds a field that every answer to this request has, an error too. */
    Exchange always(CharSequence name, CharSequence value) {
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

    HttpHeaders answerFields() {
        return response.responseHeaders();
    }

    /** Adds the fields of an answer that a backend gave, but for those that are the gateway's to say. */
    HttpHeaders withFields(Headers given) {
        EndToEnd.add(given, response.responseHeaders(), !crossOrigin);
        return response.responseHeaders();
    }

    /** From here on it is the gateway that says which pages may read the answer. */
    void crossOrigin() {
        crossOrigin = true;
    }

    /** Answers without a body, or to HEAD with the fields that the body would have had. */
    Mono<Void> answer(int status) {
        status(status);
        return response.send();
    }

    /** Answers with a whole body. */
    Mono<Void> answer(int status, CharSequence contentType, byte[] body) {
        status(status);
        response.responseHeaders()
                .set(Fields.CONTENT_TYPE, contentType)
                .set(Fields.CONTENT_LENGTH, Integer.toString(body.length));
        return isHead()
                ? response.send()
                : response.sendObject(Unpooled.wrappedBuffer(body)).then();
    }

    /** Sends a whole answer but does not end the exchange, which would close a connection that is to be closed. */
    Mono<Void> begin(int status, CharSequence contentType, byte[] body) {
        status(status);
        response.responseHeaders()
                .set(Fields.CONTENT_TYPE, contentType)
                .set(Fields.CONTENT_LENGTH, Integer.toString(body.length));
        return response.then().then(Mono.defer(() -> write(body)));
    }

    /** Answers with a body of a length that is known, piece by piece: the next is asked for when one is on its way. */
    Mono<Void> answer(int status, long length, Flux<byte[]> body) {
        status(status);
        if (status == 204 || status == 304) { // RFC 9110, 8.6: none, and no length of what another answer would have
            return response.send();
        }
        response.responseHeaders().set(Fields.CONTENT_LENGTH, Long.toString(length));
        if (isHead() || length == 0) {
            return response.send();
        }
        return response.then()
                .thenMany(body.concatMap(piece -> SlowClients.cut(write(piece)), 1))
                .then();
    }

    /** Answers with a head only, which says the length of a body that another request would get; -1: nothing. */
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
        endsWithConnection = length < 0 && isHttp10();
        return response.then()
                .thenMany(body.concatMap(piece -> SlowClients.cut(write(piece)), 1))
                .then();
    }

    private void frame(long length) {
        if (length >= 0) {
            response.responseHeaders().set(Fields.CONTENT_LENGTH, Long.toString(length));
        } else if (isHttp10()) {
            response.chunkedTransfer(false).keepAlive(false);
        }
    }

    /** Sets the fields behind a body in chunks. */
    void trailers(Headers fields) {
        response.trailerHeaders(out -> EndToEnd.add(fields, out, !crossOrigin));
    }

    /** Whether the client has use for trailers (RFC 9110, 10.1.4). */
    boolean takesTrailers() {
        return !isHttp10()
                && fields(HttpHeaderNames.TE).stream()
                        .flatMap(value -> Arrays.stream(value.split(",", -1)))
                        .anyMatch(coding -> coding.strip().equalsIgnoreCase("trailers"));
    }

    private void status(int status) {
        response.status(status);
        if (!response.responseHeaders().contains(Fields.DATE)) {
            response.responseHeaders().set(Fields.DATE, date.now());
        }
    }

    /** As content, because Reactor Netty takes a bare buffer for the whole of an answer. */
    private Mono<Void> write(byte[] piece) {
        return response.sendObject(new DefaultHttpContent(Unpooled.wrappedBuffer(piece)))
                .then();
    }

    /** Answers with a stream without end, each piece sent at once. */
    Mono<Void> stream(Flux<ByteBuf> pieces) {
        status(200);
        return response.send(pieces, piece -> true).then();
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

    /** Closes the connection after the answer. */
    void closing() {
        response.keepAlive(false);
    }

    /** Drops what still comes in of the body; ends with it, or never if somebody began to read it and stopped. */
    Mono<Void> drop() {
        request.withConnection(connection -> connection.channel().config().setAutoRead(true));
        return request.receive().then().onErrorResume(IllegalStateException.class, begun -> Mono.never());
    }

    /** Whether an answer has begun, so that no other can be given. */
    boolean answered() {
        return response.hasSentHeaders();
    }

    /**
     * Closes the connection now, whatever is on its way; with a reset if its orderly end would be taken for the end of the
     * answer.
     */
    void abort() {
        if (endsWithConnection) {
            response.withConnection(connection -> connection.channel().config().setOption(ChannelOption.SO_LINGER, 0));
        }
        response.withConnection(DisposableChannel::dispose);
    }

    boolean isHead() {
        return method().equals("HEAD");
    }

    private boolean isHttp10() {
        return request.version().majorVersion() == 1 && request.version().minorVersion() == 0;
    }

    private boolean isHttp2() {
        return request.version().majorVersion() > 1;
    }

    private String host(Target asked) {
        List<String> hosts = request.requestHeaders().getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1 || (hosts.isEmpty() && request.version().minorVersion() == 1 && !isHttp2())) {
            throw new Refusal(Problem.BAD_REQUEST, "The request needs exactly one Host field (RFC 9112, 3.2).");
        }
        String named = asked.authority() != null ? asked.authority() : hosts.isEmpty() ? "" : hosts.get(0);
        for (int i = 0; i < named.length(); i++) {
            char c = named.charAt(i);
            if (c <= ' ' || c >= 0x7f || NEVER_IN_HOST.indexOf(c) >= 0) {
                throw new Refusal(Problem.BAD_REQUEST, "The request's host has a character that no host can have.");
            }
        }
        return named;
    }
}
