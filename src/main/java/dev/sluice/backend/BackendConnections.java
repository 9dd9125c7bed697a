package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import dev.sluice.route.Connections;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.springframework.boot.ssl.SslBundles;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * The connection pool of one service, as large as the policy's concurrency. Idle connections are read, so that one that the
 * backend closes, or sends unsolicited bytes on, is not used again; the pool checks once more, on the connection's event loop,
 * before it hands one out. The most recently used one comes first. A connection is closed when it has been idle or open for as
 * long as the policy allows, or idle for nearly as long as the backend announced to keep it.
 */
final class BackendConnections {

    /** How often idle connections are checked for expiry. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final CallPolicy policy;
    private final LoopResources loops;
    private final SslBundles bundles;
    private final ConnectionProvider pool;
    private final HttpClient plain;
    private final HttpClient alone;
    private volatile HttpClient pooled;
    private volatile HttpClient fresh;

    BackendConnections(CallPolicy policy, LoopResources loops, SslBundles bundles) {
        this.policy = policy;
        this.loops = loops;
        this.pool = pool(policy);
        this.bundles = bundles;
        this.plain = client(pool);
        this.alone = client(ConnectionProvider.newConnection());
        this.pooled = secured(plain);
        this.fresh = secured(alone);
    }

    /** Connections that are opened from now on use the bundle as it is now. */
    void renew(String bundle) {
        if (bundle.equals(policy.connections().tls())) {
            pooled = secured(plain);
            fresh = secured(alone);
        }
    }

    private HttpClient secured(HttpClient client) {
        String tls = policy.connections().tls();
        if (tls != null) {
            return Tls.secure(client, bundles.getBundle(tls));
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

    /** Closes idle connections, then completes; a connection in use is closed when its call ends. */
    Mono<Void> close() {
        return pool.disposeLater();
    }

    private static ConnectionProvider pool(CallPolicy policy) {
        return ConnectionProvider.builder("sluice-" + policy.id())
                .maxConnections(policy.concurrency().perNode())
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

    private HttpClient client(ConnectionProvider provider) {
        CallTarget target = policy.target();
        Duration connectTimeout = policy.timeouts().connect();
        String host = Forwarded.plainAddress(target.host());
        int port = target.port();
        int maxHeader = (int) policy.connections().maxHeader().toBytes();
        boolean reusable = !policy.connections().idle().isZero();
        // With a fixed address the client sends the target as it is; it would parse and truncate an absolute one.
        return HttpClient.create(provider)
                .remoteAddress(() -> InetSocketAddress.createUnresolved(host, port))
                .runOn(loops, false)
                .resolver(dns -> dns.queryTimeout(connectTimeout))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, connectTimeout.toMillis()))
                // A failed write must not close the connection: the response may have arrived already.
                .option(ChannelOption.AUTO_CLOSE, false)
                .disableRetry(true)
                .doOnChannelInit(
                        (observer, channel, remote) -> new ResponseCodec(maxHeader, reusable).install(channel));
    }
}
