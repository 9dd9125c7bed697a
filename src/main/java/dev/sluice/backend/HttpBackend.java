package dev.sluice.backend;

import dev.sluice.route.Route;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/**
 * Calls backends over HTTP/1.1 with Reactor Netty's client: bytes and fields, no codecs, no redirects, no decompression.
 * One pool of connections for each route, made at its first call, so that a route whose backend hangs takes nothing from
 * the others. Signals on an event loop, or on the timer's thread when the route's timeout has passed.
 */
final class HttpBackend implements Backend, AutoCloseable {

    private static final Pattern TARGET = Pattern.compile("/[\\x21-\\x7e]*");

    private final LoopResources loops;
    private final MeterRegistry registry;
    private final Map<String, RouteClient> clients = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * Makes a backend that owns its connections but not the event loops.
     *
     * @param loops the event loops, shared with the server
     */
    HttpBackend(LoopResources loops, MeterRegistry registry) {
        this.loops = loops;
        this.registry = registry;
    }

    @Override
    public <T> Mono<Outcome<T>> call(BackendRequest request, Route route, Receiver<T> receiver) {
        return Mono.defer(() -> {
            requireSendable(request);
            if (closed) {
                return Mono.error(new IllegalStateException("the gateway's connections to backends are closed"));
            }
            return clients.computeIfAbsent(route.id(), id -> new RouteClient(route, loops, registry))
                    .call(request, receiver);
        });
    }

    /** What could be read as more than one request line, or opens a tunnel, is refused long before; this is the last look. */
    private static void requireSendable(BackendRequest request) {
        String method = request.head().method();
        if (!TARGET.matcher(request.head().target()).matches() || method.equals("CONNECT")) {
            String whose = request.job() == null ? "a request" : "the request of job " + request.job();
            throw new IllegalArgumentException(whose + " cannot be sent to a backend");
        }
    }

    /** Closes all connections; calls under way fail. */
    @Override
    public void close() {
        closed = true;
        clients.values().forEach(RouteClient::close);
    }
}
