package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import dev.sluice.route.Connections;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
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
 * long as the policy allows, or idle for nearly as long as the backend announced to keep it. Deliveries of callbacks have no pool:
 * each has a connection of its own, because to make and close pools as receivers come and go takes locks that event loops must
 * not wait for.
 */
final class BackendConnections {

    /** How often idle connections are checked for expiry. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** How long a connection has to hold before the backend counts as reachable. */
    private static final Duration HOLDS = Duration.ofMillis(100);

    /** Longest TLS handshake of a connection that is made to see whether it can be. */
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);

    private final CallPolicy policy;
    private final LoopResources loops;
    private final TlsContexts contexts;
    private final AddressResolverGroup<?> publicAddresses;
    private final ConnectionProvider pool;
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
        this.pool = policy.deliversCallbacks() ? ConnectionProvider.newConnection() : pool(policy);
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

    /** A client for calls that wait for a connection of the pool. */
    HttpClient pooled() {
        return pooled;
    }

    /**
     * A client for calls on a new connection that is closed afterwards; for the few that repeat a call whose pooled connection
     * turned out to be closed.
     */
    HttpClient fresh() {
        return fresh;
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
        return ConnectionProvider.builder("sluice-" + policy.id())
                .maxConnections(policy.mostConnections())
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
        String host = Forwarded.plainAddress(policy.target().host());
        int port = policy.target().port();
        Duration connectTimeout = policy.timeouts().connect();
        return resolving(TcpClient.newConnection())
                .remoteAddress(() -> InetSocketAddress.createUnresolved(host, port))
                .runOn(loops, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis(connectTimeout));
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
        CallTarget target = policy.target();
        Duration connectTimeout = policy.timeouts().connect();
        String host = Forwarded.plainAddress(target.host());
        int port = target.port();
        int maxHeader = (int) policy.connections().maxHeader().toBytes();
        boolean reusable = !policy.connections().idle().isZero();
        // With a fixed address the client sends the target as it is; it would parse and truncate an absolute one.
        return resolving(HttpClient.create(provider))
                .remoteAddress(() -> InetSocketAddress.createUnresolved(host, port))
                .runOn(loops, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis(connectTimeout))
                // A failed write must not close the connection: the response may have arrived already.
                .option(ChannelOption.AUTO_CLOSE, false)
                .disableRetry(true)
                .doOnChannelInit(
                        (observer, channel, remote) -> new ResponseCodec(maxHeader, reusable).install(channel));
    }
}
