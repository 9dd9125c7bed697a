package dev.sluice.backend;

import dev.sluice.route.Route;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;
import reactor.netty.NettyPipeline;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * The connections to one route's backend.
 *
 * <p>Nothing is ever sent twice: the client's own second try after a reset connection is off, and there is none here. It
 * would be safe only where no byte had left, and that case is dealt with before a request is sent: idle connections are
 * read, so a backend that closes one is noticed at once; the pool looks again, on the connection's own event loop, before
 * it hands one out, and takes another instead; the one used last is used first; and idle ones are closed after
 * {@link #IDLE}, which is shorter than what common servers allow (Node.js and Apache: 5 s). What is left is a backend that
 * closes a connection while a request is on its way to it. Nobody can tell then whether it was seen, so it is a failed
 * attempt, and the route's retry policy decides.
 */
final class RouteClient {

    private static final Duration IDLE = Duration.ofSeconds(4);
    private static final int MAX_HEADER = 32 * 1024;

    private final Route route;
    private final ConnectionProvider pool;
    private final HttpClient client;
    private final String host;
    private final String prefix;
    private final BackendMeters meters;
    private final long most;
    private final AtomicInteger calls = new AtomicInteger();

    RouteClient(Route route, LoopResources loops, MeterRegistry registry) {
        URI backend = route.backend();
        boolean secure = "https".equals(backend.getScheme().toLowerCase(Locale.ROOT));
        this.route = route;
        this.host = backend.getRawAuthority();
        this.prefix = prefix(backend);
        this.pool = pool(route);
        this.client = client(route, secure, pool, loops);
        this.meters = new BackendMeters(registry, route.id());
        this.most = (long) route.concurrency().perNode() + waiting(route);
    }

    <T> Mono<Outcome<T>> call(BackendRequest request, Backend.Receiver<T> receiver) {
        String target = prefix + route.backendTarget(request.head().target());
        Exchange<T> exchange = new Exchange<>(request, route, receiver, OutgoingHeaders.of(request, route, host));
        if (calls.incrementAndGet() > most) {
            calls.decrementAndGet();
            return Mono.just(new Outcome.Failed<>(
                    BackendFailure.busy("too many requests wait for one").failure()));
        }
        long started = System.nanoTime();
        return exchange.run(client, target)
                .doOnNext(outcome -> meters.record(outcome, started))
                .doOnError(error -> ended(request, started))
                .doOnCancel(() -> meters.cancelled(started))
                .doFinally(signal -> calls.decrementAndGet());
    }

    /** What is passed through ends with an error also when its client does not send it whole or does not take the answer. */
    private void ended(BackendRequest request, long started) {
        if (request.job() == null) {
            meters.cancelled(started);
        } else {
            meters.error(started);
        }
    }

    /** Closes the connections, and completes when none is idle any more; one in use is closed when its call ends. */
    Mono<Void> close() {
        return pool.disposeLater();
    }

    /**
     * Calls that may wait for a connection. Attempts never exceed the concurrency, but the connection of a cancelled one takes
     * a moment to close.
     */
    private static long waiting(Route route) {
        return route.mode() == Route.Mode.SYNC
                ? route.queue()
                : route.concurrency().perNode();
    }

    private static ConnectionProvider pool(Route route) {
        return ConnectionProvider.builder("sluice-" + route.id())
                .maxConnections(route.concurrency().perNode())
                .pendingAcquireMaxCount(-1) // the calls are counted
                .pendingAcquireTimeout(route.timeout())
                .maxIdleTime(IDLE)
                .evictInBackground(IDLE)
                .lifo()
                .build();
    }

    private static HttpClient client(Route route, boolean secure, ConnectionProvider pool, LoopResources loops) {
        URI backend = route.backend();
        int port = backend.getPort() >= 0 ? backend.getPort() : secure ? 443 : 80;
        String name = Forwarded.plainAddress(backend.getHost());
        // With a fixed address the target is taken as it is; the client would parse and cut an absolute one.
        HttpClient client = HttpClient.create(pool)
                .remoteAddress(() -> InetSocketAddress.createUnresolved(name, port))
                .runOn(loops, false)
                .resolver(dns -> dns.queryTimeout(route.connectTimeout()))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, route.connectTimeout().toMillis()))
                .disableRetry(true)
                .httpResponseDecoder(spec -> spec.maxHeaderSize(MAX_HEADER).maxInitialLineLength(MAX_HEADER))
                .doOnChannelInit((observer, channel, remote) ->
                        channel.pipeline().addAfter(NettyPipeline.HttpCodec, "sluice.answers", new AnswerGuard()));
        return secure ? client.secure() : client;
    }

    /** The backend's path without a slash at its end, for the request's target begins with one. */
    static String prefix(URI backend) {
        String path = backend.getRawPath() == null ? "" : backend.getRawPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
}
