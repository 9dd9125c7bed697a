package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import dev.sluice.route.Connections;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.transport.ClientTransport;

/**
 * The connection pool of one service, as large as the policy's concurrency. Idle connections are read, so that one that the
 * backend closes, or sends unsolicited bytes on, is not used again; the pool checks once more, on the connection's event loop,
 * before it hands one out. The most recently used one comes first. A connection is closed when it has been idle or open for as
 * long as the policy allows, or idle for nearly as long as the backend announced to keep it.
 *
 * <p>Where callbacks are delivered there is a pool for each receiver, all with one provider and the same clients, as a receiver may
 * get one message only. What is kept of one is gone a few seconds after its last message, and all receivers together have at most
 * {@value #MOST_KEPT} connections that are used again. A kept connection leads to the address that was checked when it was made.
 */
final class BackendConnections {

    /** How often idle connections are checked for expiry. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** How long a connection has to hold before the backend counts as reachable. */
    private static final Duration HOLDS = Duration.ofMillis(100);

    /** Longest TLS handshake of a connection that is made to see whether it can be. */
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);

    /** The most connections to receivers of callbacks that are kept after their response. */
    static final int MOST_KEPT = 256;

    private final CallPolicy policy;
    private final LoopResources loops;
    private final TlsContexts contexts;
    private final AddressResolverGroup<?> publicAddresses;
    private final ConnectionProvider pool;
    private final AtomicInteger open = new AtomicInteger(); // to receivers of callbacks
    private final HttpClient plain;
    private final HttpClient alone;
    private final TcpClient connecting;
    private volatile HttpClient pooled;
    private volatile HttpClient fresh;
    private volatile TcpClient bare;

    /**
     * Makes them without opening any.
     *
     * @param publicAddresses resolves hosts where only public addresses are connected to
     */
    BackendConnections(
            CallPolicy policy, LoopResources loops, TlsContexts contexts, AddressResolverGroup<?> publicAddresses) {
        this.policy = policy;
        this.loops = loops;
        this.publicAddresses = publicAddresses;
        this.pool = pool(policy);
        this.contexts = contexts;
        this.plain = client(pool);
        this.alone = client(ConnectionProvider.newConnection());
        this.connecting = bareClient();
        this.pooled = secured(plain);
        this.fresh = secured(alone);
        this.bare = secured(connecting);
    }

    /** Connections that are opened from now on use the bundle as it is now. */
    void renew(String bundle) {
        if (bundle.equals(policy.connections().tls())) {
            pooled = secured(plain);
            fresh = secured(alone);
            bare = secured(connecting);
        }
    }

    private HttpClient secured(HttpClient client) {
        String tls = policy.connections().tls();
        if (tls != null) {
            SslContext context = contexts.of(tls);
            return client.secure(spec -> spec.sslContext(context));
        }
        return policy.target().isSecure() ? client.secure() : client;
    }

    private TcpClient secured(TcpClient client) {
        String tls = policy.connections().tls();
        if (tls != null) {
            SslContext context = contexts.of(tls);
            return client.secure(spec -> spec.sslContext(context));
        }
        return policy.target().isSecure() ? client.secure() : client;
    }

    /** A client for calls that wait for a connection of the pool, to the target of one of the policies that share it. */
    HttpClient pooled(CallPolicy of) {
        return to(of, pooled);
    }

    /**
     * A client for calls on a new connection that is closed afterwards; for the few that repeat a call whose pooled connection
     * turned out to be closed.
     */
    HttpClient fresh(CallPolicy of) {
        return to(of, fresh);
    }

    private HttpClient to(CallPolicy of, HttpClient client) {
        return of.deliversCallbacks() ? client.remoteAddress(address(of)) : client;
    }

    private static Supplier<InetSocketAddress> address(CallPolicy of) {
        String host = Forwarded.plainAddress(of.target().host());
        int port = of.target().port();
        return () -> InetSocketAddress.createUnresolved(host, port);
    }

    /**
     * Makes a connection and closes it; false if it cannot be made, or the backend closes it first, as a proxy without a server
     * does, or a server that refuses a client certificate after the handshake (TLS 1.3).
     */
    Mono<Boolean> probe() {
        return Mono.usingWhen(
                        bare.connect(), BackendConnections::holds, connection -> Mono.fromRunnable(connection::dispose))
                .timeout(policy.timeouts().connect().plus(HANDSHAKE))
                .onErrorReturn(false);
    }

    private static Mono<Boolean> holds(Connection connection) {
        Mono<Boolean> closed = connection.inbound().receive().then(Mono.just(false));
        return Mono.firstWithSignal(closed, Mono.delay(HOLDS).thenReturn(true));
    }

    /** Closes idle connections, then completes; a connection in use is closed when its call ends. */
    Mono<Void> close() {
        return pool.disposeLater();
    }

    private static ConnectionProvider pool(CallPolicy policy) {
        ConnectionProvider.Builder builder = ConnectionProvider.builder("sluice-" + policy.id());
        if (policy.deliversCallbacks()) {
            builder.disposeInactivePoolsInBackground(LOOK, policy.connections().idle());
        }
        return builder.maxConnections(policy.mostConnections())
                .pendingAcquireMaxCount(-1) // the calls are counted
                .pendingAcquireTimeout(policy.timeouts().attempt())
                .evictionPredicate((connection, use) -> isOver(connection, use, policy.connections()))
                .evictInBackground(LOOK)
                .lifo()
                .build();
    }

    private static boolean isOver(
            Connection connection, ConnectionProvider.ConnectionMetadata use, Connections limits) {
        ResponseDecoder decoder = ResponseCodec.of(connection.channel());
        return !connection.channel().isActive()
                || use.lifeTime() >= limits.life().toMillis()
                || use.idleTime() >= limits.idle().toMillis()
                || (decoder != null && use.idleTime() >= decoder.keptOpenMillis());
    }

    private TcpClient bareClient() {
        return resolving(TcpClient.newConnection())
                .remoteAddress(address(policy))
                .runOn(loops, false)
                .option(
                        ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        millis(policy.timeouts().connect()));
    }

    private <T extends ClientTransport<T, ?>> T resolving(T client) {
        return policy.connections().publicOnly()
                ? client.resolver(publicAddresses)
                : client.resolver(dns -> dns.queryTimeout(policy.timeouts().connect()));
    }

    private static int millis(Duration timeout) {
        return (int) Math.min(Integer.MAX_VALUE, timeout.toMillis());
    }

    private HttpClient client(ConnectionProvider provider) {
        int maxHeader = (int) policy.connections().maxHeader().toBytes();
        // With a fixed address the client sends the target as it is; it would parse and truncate an absolute one.
        return resolving(HttpClient.create(provider))
                .remoteAddress(address(policy))
                .runOn(loops, false)
                .option(
                        ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        millis(policy.timeouts().connect()))
                // A failed write must not close the connection: the response may have arrived already.
                .option(ChannelOption.AUTO_CLOSE, false)
                .disableRetry(true)
                .doOnChannelInit((observer, channel, remote) ->
                        new ResponseCodec(maxHeader, reusable(channel)).install(channel));
    }

    /** Whether a new connection may carry more than one request. */
    @SuppressWarnings("FutureReturnValueIgnored") // it is the channel's own
    private boolean reusable(Channel channel) {
        if (!policy.deliversCallbacks()) {
            return !policy.connections().idle().isZero();
        }
        channel.closeFuture().addListener(closed -> open.decrementAndGet());
        return open.incrementAndGet() <= MOST_KEPT;
    }
}
