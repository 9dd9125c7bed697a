package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.resolver.AddressResolverGroup;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.LoopResources;

/**
 * Calls backends over HTTP/1.1 with Reactor Netty's client: bytes and fields, no codecs, no redirects, no decompression. Each
 * policy id has a connection pool of its own, created by its first call, so that a backend that hangs takes nothing from the
 * others. If its policy changes so that the connections are not the same, the next call opens a new pool, and the old one is
 * closed as soon as no call is left that began before. Signals on an event loop, or on a timer thread when the time of the call is up.
 */
final class HttpBackend implements Backend, SmartLifecycle {

    /**
     * Closes connections after the web server stops, whose requests may use them, and before their event loops end, which are
     * in phase 0: a connection whose event loop has ended cannot be closed any more.
     */
    static final int PHASE = 1;

    private static final Logger LOG = LoggerFactory.getLogger(HttpBackend.class);
    private static final Pattern TARGET = Pattern.compile("/[\\x21-\\x7e]*");

    private final LoopResources loops;
    private final TlsContexts contexts;
    private final AddressResolverGroup<?> publicAddresses;
    private final MeterRegistry registry;
    private final Predicate<PoolKey> current;
    private final Map<PoolKey, BackendClient> clients = new ConcurrentHashMap<>();
    private volatile boolean closed = true;

    /**
     * Makes a backend that owns its connections but not the event loops.
     *
     * @param loops the event loops, shared with the server
     * @param bundles the SSL bundles that policies refer to
     * @param publicAddresses resolves hosts for policies that only connect to public addresses
     * @param current whether the connections of that key may be used by calls to come
     */
    HttpBackend(
            LoopResources loops,
            SslBundles bundles,
            AddressResolverGroup<?> publicAddresses,
            MeterRegistry registry,
            Predicate<PoolKey> current) {
        this.loops = loops;
        this.contexts = new TlsContexts(bundles, name -> clients.values().forEach(client -> client.renew(name)));
        this.publicAddresses = publicAddresses;
        this.registry = registry;
        this.current = current;
    }

    @Override
    public <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy policy, Receiver<T> receiver) {
        return Mono.defer(() -> {
            requireSendable(request);
            return with(policy, client -> client.call(request, policy, receiver));
        });
    }

    @Override
    public Mono<Boolean> reachable(CallPolicy policy) {
        return Mono.defer(() -> with(policy, BackendClient::reachable));
    }

    private <X> Mono<X> with(CallPolicy policy, Function<BackendClient, Mono<X>> use) {
        if (closed) {
            return Mono.error(new IllegalStateException("the gateway's connections to backends are closed"));
        }
        PoolKey key = new PoolKey(policy);
        BackendClient client = entered(key);
        return use.apply(client).doFinally(signal -> {
            if (client.leave() && !current.test(key)) {
                close(key, client);
            }
        });
    }

    private BackendClient entered(PoolKey key) {
        BackendClient client = client(key);
        while (!client.enter()) {
            clients.remove(key, client); // is about to be
            client = client(key);
        }
        return client;
    }

    private BackendClient client(PoolKey key) {
        BackendClient known = clients.get(key);
        return known != null ? known : clients.computeIfAbsent(key, this::open);
    }

    private BackendClient open(PoolKey key) {
        return new BackendClient(key.policy(), loops, contexts, publicAddresses, registry);
    }

    /** Makes what secure connections need now, so that no call has to wait for that. Blocks. */
    void prepare(CallPolicy policy) {
        String bundle = policy.connections().tls();
        if (bundle != null) {
            contexts.of(bundle);
        }
        if (policy.target().isSecure()) {
            HttpClient.create().secure(); // makes the one with the platform's authorities
        }
    }

    /** Closes the connections that no call uses and none to come will use. */
    void closeSuperseded() {
        clients.forEach((key, client) -> {
            if (!current.test(key)) {
                close(key, client);
            }
        });
    }

    /** How many services have connections or calls, for tests. */
    int services() {
        return clients.size();
    }

    private void close(PoolKey key, BackendClient client) {
        if (client.tryRetire()) {
            clients.remove(key, client);
            client.close()
                    .subscribe(nothing -> {}, error -> LOG.warn("The connections of {} cannot be closed", key, error));
        }
    }

    /** The ingress refuses targets that could end the request line, and tunnels, long before; this is the last check. */
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

    /** Refuses further calls and closes the connections: idle ones now, others as soon as their call ends. */
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
