package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import dev.sluice.route.Connections;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * The connections of one service: as many as the policy's concurrency. Idle ones are read, so that one that the
 * backend closes, or on which it says something that nobody asked for, is not used again; the pool looks again, on the
 * connection's own event loop, before it hands one out; the one used last is used first. They are closed when they have
 * been idle or open for as long as the policy says, or have been idle for nearly as long as the backend said it waits.
 */
final class BackendConnections {

    /** How often idle connections are looked at whose time may be over. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final CallPolicy policy;
    private final LoopResources loops;
    private final ConnectionProvider pool;
    private volatile HttpClient pooled;
    private volatile HttpClient fresh;

    BackendConnections(CallPolicy policy, LoopResources loops, SslBundles bundles) {
        this.policy = policy;
        this.loops = loops;
        this.pool = pool(policy);
        HttpClient plain = client(pool);
        HttpClient alone = client(ConnectionProvider.newConnection());
        String tls = policy.connections().tls();
        if (tls != null) {
            SslBundle bundle = bundles.getBundle(tls);
            this.pooled = Tls.secure(plain, bundle);
            this.fresh = Tls.secure(alone, bundle);
            bundles.addBundleUpdateHandler(tls, renewed -> {
                pooled = Tls.secure(plain, renewed);
                fresh = Tls.secure(alone, renewed);
            });
        } else {
            this.pooled = policy.target().isSecure() ? plain.secure() : plain;
            this.fresh = policy.target().isSecure() ? alone.secure() : alone;
        }
    }

    /** Calls on connections of the pool, for which they wait. */
    HttpClient pooled() {
        return pooled;
    }

    /**
     * Calls on a connection of their own that is closed afterwards; for the few that take the place of a call whose pooled
     * connection turned out to be closed.
     */
    HttpClient fresh() {
        return fresh;
    }

    /** Closes them, and completes when none is idle any more; one in use is closed when its call ends. */
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
        AnswerDecoder answers = AnswerCodec.of(connection.channel());
        return !connection.channel().isActive()
                || use.lifeTime() >= limits.life().toMillis()
                || use.idleTime() >= limits.idle().toMillis()
                || (answers != null && use.idleTime() >= answers.keptOpenMillis());
    }

    private HttpClient client(ConnectionProvider provider) {
        CallTarget target = policy.target();
        Duration connectTimeout = policy.timeouts().connect();
        String host = Forwarded.plainAddress(target.host());
        int port = target.port();
        int maxHeader = (int) policy.connections().maxHeader().toBytes();
        boolean reusable = !policy.connections().idle().isZero();
        // With a fixed address the target is taken as it is; the client would parse and cut an absolute one.
        return HttpClient.create(provider)
                .remoteAddress(() -> InetSocketAddress.createUnresolved(host, port))
                .runOn(loops, false)
                .resolver(dns -> dns.queryTimeout(connectTimeout))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, connectTimeout.toMillis()))
                // What cannot be sent ends the request and not the connection: the backend may have answered already.
                .option(ChannelOption.AUTO_CLOSE, false)
                .disableRetry(true)
                .doOnChannelInit((observer, channel, remote) -> new AnswerCodec(maxHeader, reusable).install(channel));
    }
}
