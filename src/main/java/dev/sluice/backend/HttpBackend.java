package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/**
 * Calls backends over HTTP/1.1 with Reactor Netty's client: bytes and fields, no codecs, no redirects, no decompression.
 * One pool of connections for each policy's id, made at its first call, so that a backend that hangs takes nothing from the
 * others. Signals on an event loop, or on the timer's thread when the timeout of the call has passed.
 */
final class HttpBackend implements Backend, SmartLifecycle {

    /**
     * When its connections are closed: after the web server, whose exchanges may use them, and before the event loops that
     * they live on, which are in phase 0. An event loop that ends may leave a connection open that can then not be closed.
     */
    static final int PHASE = 1;

    private static final Logger LOG = LoggerFactory.getLogger(HttpBackend.class);
    private static final Pattern TARGET = Pattern.compile("/[\\x21-\\x7e]*");

    private final LoopResources loops;
    private final SslBundles bundles;
    private final MeterRegistry registry;
    private final Map<String, BackendClient> clients = new ConcurrentHashMap<>();
    private volatile boolean closed = true;

    /**
     * Makes a backend that owns its connections but not the event loops.
     *
     * @param loops the event loops, shared with the server
     * @param bundles those that routes name
     */
    HttpBackend(LoopResources loops, SslBundles bundles, MeterRegistry registry) {
        this.loops = loops;
        this.bundles = bundles;
        this.registry = registry;
    }

    @Override
    public <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy policy, Receiver<T> receiver) {
        return Mono.defer(() -> {
            requireSendable(request);
            if (closed) {
                return Mono.error(new IllegalStateException("the gateway's connections to backends are closed"));
            }
            return clients.computeIfAbsent(policy.id(), id -> new BackendClient(policy, loops, bundles, registry))
                    .call(request, policy, receiver);
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

    @Override
    public void start() {
        closed = false;
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    /** Takes no more calls and closes the connections: idle ones now, others as soon as their call ends. */
    @Override
    public void stop(Runnable callback) {
        closed = true;
        List<Mono<Void>> closing =
                clients.values().stream().map(BackendClient::close).toList();
        clients.clear();
        Mono.whenDelayError(closing)
                .doFinally(signal -> callback.run())
                .subscribe(nothing -> {}, error -> LOG.warn("A connection to a backend could not be closed", error));
    }

    @Override
    public boolean isRunning() {
        return !closed;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
