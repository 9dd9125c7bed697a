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
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The response to one request: fields are set first, then one of the methods that send is called. It is sent through the
 * response of the exchange, and so through the decorators of filters.
 */
public final class Response {

    /** What a response has one of, whatever a decorator had set. */
    private static final List<CharSequence> SINGLE = List.of(HeaderNames.CONTENT_TYPE, HeaderNames.CONTENT_LENGTH);

    private final ServerHttpResponse response;
    private final NettyResponse netty;

    /** The fields of the response, or, behind a decorator with fields of its own, those to be added to them. */
    private final HttpHeaders fields;

    /** The fields behind a decorator with fields of its own, and the decorator's, before this response; null for none. */
    private final @Nullable Saved saved;

    /** Fields of any response to the request, names and values in turn, such as those set by filters. */
    private final List<CharSequence> lasting;

    private @Nullable JobRepresentation representation;
    private boolean backends;

    @SuppressWarnings("ReferenceEquality") // a decorator without fields of its own returns the same object
    public Response(ServerHttpResponse response, NettyResponse netty) {
        this.response = response;
        this.netty = netty;
        boolean direct = response == netty || response.getHeaders() == netty.getHeaders();
        this.saved = direct ? null : Saved.of(response.getHeaders(), netty.fields());
        this.fields = direct ? netty.fields() : new DefaultHttpHeaders();
        this.lasting = new ArrayList<>(0);
        if (fields.size() > 1) { // Reactor Netty sets one itself
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

    /** Adds a field to any response to the request, problems included. */
    public Response always(CharSequence name, CharSequence value) {
        lasting.add(name);
        lasting.add(value);
        return with(name, value);
    }

    /** Removes the fields of a response that was prepared and will not be sent. */
    public void reset() {
        fields.clear();
        if (saved != null) {
            saved.restore(response.getHeaders(), netty.fields());
        }
        add(lasting);
    }

    /**
     * Adds the end-to-end fields of a backend's response.
     *
     * @param prefix the path prefix under which the client sees the gateway
     */
    public HttpHeaders withFields(Headers given, String prefix) {
        EndToEndFields.add(given, fields, !netty.isCrossOrigin(), prefix);
        return fields;
    }

    /** Sets the representation of problems. */
    public void represent(JobRepresentation shown) {
        representation = shown;
    }

    /** The representation that was chosen; null if the request failed before. */
    public @Nullable JobRepresentation representation() {
        return representation;
    }

    /** Marks that a client may take a problem of the gateway for the backend's, so that it needs a {@code Proxy-Status}. */
    public void backends() {
        backends = true;
    }

    /** Whether the client may take a response for the backend's. */
    public boolean isBackends() {
        return backends;
    }

    /** Asks proxies to forward each piece at once. */
    public Response unbuffered() {
        fields.set("X-Accel-Buffering", "no").set("Incremental", "?1");
        return this;
    }

    /** Closes the connection after the response. */
    public void closing() {
        netty.sender().closing();
    }

    /** Closes the connection some time after the response, so that a client that is still sending can read it. */
    public void lingering() {
        netty.sender().lingering();
    }

    /** Sends a response without a body. */
    public Mono<Void> send(int status) {
        head(status);
        return response.setComplete();
    }

    /** Sends a rendered response. */
    public Mono<Void> send(RenderedResponse rendered) {
        add(rendered.fields());
        return sendBody(rendered);
    }

    /** Sends a rendered response except for its fields, which have been added before. */
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

    /** Sends a body as one message; in response to HEAD its length only. */
    public Mono<Void> send(int status, CharSequence contentType, byte[] body) {
        fields.set(HeaderNames.CONTENT_TYPE, contentType)
                .set(HeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
        head(status);
        return response.writeWith(Mono.just(NettyRequest.BUFFERS.wrap(body)));
    }

    /** Sends a body of known length piece by piece. */
    public Mono<Void> send(int status, long length, Flux<byte[]> body) {
        if (status == 204 || status == 304) { // RFC 9110, 8.6: neither body nor length
            return send(status);
        }
        return length == 0 ? head(status, 0) : pass(status, length, body);
    }

    /** Sends the head only, with the length of the body that GET would return; -1 for none. */
    public Mono<Void> head(int status, long length) {
        frame(length);
        return send(status);
    }

    /**
     * Sends a body, each piece as soon as it arrives.
     *
     * @param length the length in bytes; -1 if unknown
     */
    public Mono<Void> pass(int status, long length, Flux<byte[]> body) {
        frame(length);
        head(status);
        return response.writeWith(body.map(NettyRequest.BUFFERS::wrap));
    }

    /** Sets the trailers of a chunked body. */
    public void trailers(Headers given) {
        netty.trailers(given, !netty.isCrossOrigin());
    }

    /** Sends a 200 with an unbounded stream, each piece at once. */
    public Mono<Void> stream(Flux<byte[]> pieces) {
        return pass(200, -1, pieces);
    }

    /**
     * Sends a stream that may be silent for long. The connection is parked after a while if nobody else waits for the end of the
     * exchange, which then ends before the stream ({@link BodyWriting#park}). The arrays may be those of other streams as well and must
     * not be modified any more.
     */
    public Mono<Void> lastingStream(Flux<byte[]> pieces) {
        netty.sender().lasting();
        return stream(pieces);
    }

    /** Runs a task at the end of the exchange, or of its {@link #lastingStream} if that is later; by the event loop then. */
    public void whenOver(Runnable task) {
        netty.sender().whenOver(task);
    }

    /** Aborts the response, so that it is not taken for complete. */
    public void abort() {
        netty.abort();
    }

    private void head(int status) {
        response.setRawStatusCode(status);
        if (saved != null) {
            org.springframework.http.HttpHeaders decorators = response.getHeaders();
            for (CharSequence single : SINGLE) {
                if (fields.contains(single)) {
                    decorators.remove(single.toString());
                }
            }
            for (Map.Entry<String, String> field : fields) {
                decorators.add(field.getKey(), field.getValue());
            }
        }
    }

    private void frame(long length) {
        if (length >= 0) {
            fields.set(HeaderNames.CONTENT_LENGTH, Long.toString(length));
        }
    }

    /** Fields as they were. */
    private record Saved(org.springframework.http.HttpHeaders decorators, HttpHeaders sent) {

        static Saved of(org.springframework.http.HttpHeaders decorators, HttpHeaders sent) {
            return new Saved(org.springframework.http.HttpHeaders.copyOf(decorators), sent.copy());
        }

        /** The decorator's may be a view of those behind it, so theirs come first. */
        void restore(org.springframework.http.HttpHeaders changed, HttpHeaders changedSent) {
            changedSent.set(sent);
            for (String name : Set.copyOf(changed.headerNames())) {
                if (!decorators.containsHeader(name)) {
                    changed.remove(name);
                }
            }
            decorators.forEach(changed::put);
        }
    }
}
