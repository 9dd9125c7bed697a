package dev.sluice.ingress.exchange;

import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.forwarded.EndToEndFields;
import dev.sluice.job.Headers;
import dev.sluice.representation.JobRepresentation;
import dev.sluice.representation.RenderedResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The way to answer one request: fields first, then one of the methods that send. What it sends goes through the response of
 * the exchange, and so through whatever filters have put around that.
 */
public final class Response {

    private final ServerHttpResponse response;
    private final NettyResponse netty;

    /** Those of the response, or, if a filter shows others than are sent, those to be added to the ones it shows. */
    private final HttpHeaders fields;

    private final boolean direct;

    /** What filters have set before, names and values in turn: it stays, whatever becomes of the rest. */
    private final List<CharSequence> lasting;

    private @Nullable JobRepresentation representation;
    private boolean backends;

    @SuppressWarnings("ReferenceEquality") // a decorator that changes no fields shows the very same
    public Response(ServerHttpResponse response, NettyResponse netty) {
        this.response = response;
        this.netty = netty;
        this.direct = response == netty || response.getHeaders() == netty.getHeaders();
        this.fields = direct ? netty.fields() : new DefaultHttpHeaders();
        this.lasting = new ArrayList<>(0);
        if (fields.size() > 1) { // one is Reactor Netty's own
            for (Map.Entry<String, String> set : fields) {
                if (!HttpHeaderNames.TRANSFER_ENCODING.contentEqualsIgnoreCase(set.getKey())) {
                    lasting.add(set.getKey());
                    lasting.add(set.getValue());
                }
            }
        }
    }

    /** Adds a field. */
    public Response with(CharSequence name, CharSequence value) {
        fields.add(name, value);
        return this;
    }

    /** Adds a field that every answer to the request has, an error too. */
    public Response always(CharSequence name, CharSequence value) {
        lasting.add(name);
        lasting.add(value);
        return with(name, value);
    }

    /** Takes back the fields of an answer that was prepared and is not given after all. */
    public void reset() {
        fields.clear();
        add(lasting);
    }

    /**
     * Adds the fields of an answer that a backend gave, but for those that are the gateway's to say.
     *
     * @param prefix what stands before the gateway's paths where the client sees them
     */
    public HttpHeaders withFields(Headers given, String prefix) {
        EndToEndFields.add(given, fields, !netty.isCrossOrigin(), prefix);
        return fields;
    }

    /** Problems are shown as this representation says from here on. */
    public void represent(JobRepresentation shown) {
        representation = shown;
    }

    /** The representation that was chosen; null if the request failed before. */
    public @Nullable JobRepresentation representation() {
        return representation;
    }

    /** From here on an answer of the backend may be given, so that one of the gateway has to say that it is none. */
    public void backends() {
        backends = true;
    }

    /** Whether the client may take an answer for the backend's. */
    public boolean isBackends() {
        return backends;
    }

    /** Asks proxies on the way to pass each piece on as it comes. */
    public Response unbuffered() {
        fields.set("X-Accel-Buffering", "no").set("Incremental", "?1");
        return this;
    }

    /** Closes the connection after the answer. */
    public void closing() {
        netty.closing();
    }

    /** Closes the connection after the answer, when the client has had time to see it while it still sends. */
    public void lingering() {
        netty.lingering();
    }

    /** Sends no body, or to HEAD the fields that the body would have had. */
    public Mono<Void> send(int status) {
        head(status);
        return response.setComplete();
    }

    /** Sends what a representation says. */
    public Mono<Void> send(RenderedResponse rendered) {
        add(rendered.fields());
        return sendBody(rendered);
    }

    /** As {@link #send(RenderedResponse)}, but for the fields, which have been added before. */
    public Mono<Void> sendBody(RenderedResponse rendered) {
        CharSequence type = rendered.contentType();
        return type == null ? send(rendered.status()) : send(rendered.status(), type, rendered.body());
    }

    /**
     * Adds fields.
     *
     * @param added names and values in turn
     */
    public void add(List<CharSequence> added) {
        for (int i = 0; i < added.size(); i += 2) {
            with(added.get(i), added.get(i + 1));
        }
    }

    /** Sends a whole body; to HEAD its length only. */
    public Mono<Void> send(int status, CharSequence contentType, byte[] body) {
        fields.set(HeaderNames.CONTENT_TYPE, contentType)
                .set(HeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
        head(status);
        return response.writeWith(Mono.just(NettyRequest.BUFFERS.wrap(body)));
    }

    /** Sends a body of a length that is known, piece by piece: the next is asked for when one is on its way. */
    public Mono<Void> send(int status, long length, Flux<byte[]> body) {
        if (status == 204 || status == 304) { // RFC 9110, 8.6: none, and no length of what another answer would have
            return send(status);
        }
        return length == 0 ? head(status, 0) : pass(status, length, body);
    }

    /** Sends the head only, which says the length of a body that another request would get; -1: nothing. */
    public Mono<Void> head(int status, long length) {
        frame(length);
        return send(status);
    }

    /**
     * Passes a body on, each piece as soon as it is there and the one before is on its way.
     *
     * @param length bytes it has; -1 if that is known only at its end
     */
    public Mono<Void> pass(int status, long length, Flux<byte[]> body) {
        frame(length);
        head(status);
        return response.writeWith(body.map(NettyRequest.BUFFERS::wrap));
    }

    /** Sets the fields behind a body in chunks. */
    public void trailers(Headers given) {
        netty.trailers(given, !netty.isCrossOrigin());
    }

    /** Sends a stream without end, each piece at once. */
    public Mono<Void> stream(Flux<byte[]> pieces) {
        return pass(200, -1, pieces);
    }

    /** Whether it has begun, so that no other can be given. */
    boolean begun() {
        return netty.begun();
    }

    /** Breaks the answer off now, so that nobody takes what there is for the whole. */
    public void abort() {
        netty.abort();
    }

    private void head(int status) {
        response.setRawStatusCode(status);
        if (!direct) {
            for (Map.Entry<String, String> field : fields) {
                response.getHeaders().add(field.getKey(), field.getValue());
            }
        }
    }

    private void frame(long length) {
        if (length >= 0) {
            fields.set(HeaderNames.CONTENT_LENGTH, Long.toString(length));
        }
    }
}
