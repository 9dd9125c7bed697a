package dev.sluice.backend;

import dev.sluice.route.Route;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.ssl.SslBundles;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.LoopResources;

/**
 * The calls of one route's backend.
 *
 * <p>Nothing is sent twice that the backend may have acted on. But a backend may close a connection while a request is on
 * its way to it. If nothing of an answer has come, that request is sent once more, on a new connection, where that changes
 * nothing: if its method is idempotent (RFC 9110, 9.2.2) and it is not the only attempt that its job has, or if the
 * connection was found closed before anything was sent. Any other request may have been seen, so it is a failed attempt,
 * and the route's retry policy decides. Both together take no longer than one may.
 */
final class RouteClient {

    private final Route route;
    private final RouteConnections connections;
    private final String host;
    private final String prefix;
    private final BackendMeters meters;
    private final long most;
    private final AtomicInteger calls = new AtomicInteger();

    RouteClient(Route route, LoopResources loops, SslBundles bundles, MeterRegistry registry) {
        this.route = route;
        this.connections = new RouteConnections(route, loops, bundles);
        this.host = route.backend().getRawAuthority();
        this.prefix = prefix(route.backend());
        this.meters = new BackendMeters(registry, route.id());
        this.most = (long) route.concurrency().perNode() + waiting(route);
    }

    <T> Mono<Outcome<T>> call(BackendRequest request, Backend.Receiver<T> receiver) {
        Patience patience = new Patience(request, route);
        Exchange<T> exchange = exchange(request, receiver, patience);
        if (calls.incrementAndGet() > most) {
            calls.decrementAndGet();
            return Mono.just(
                    BackendFailure.busy("too many requests wait for one").outcome());
        }
        long started = System.nanoTime();
        return run(exchange, connections.pooled())
                .flatMap(outcome -> {
                    BackendRequest again = exchange.again();
                    return again == null
                            ? Mono.just(outcome)
                            : run(exchange(again, receiver, patience), connections.fresh());
                })
                .doOnNext(outcome -> meters.record(outcome, started))
                .doOnError(error -> ended(request, started))
                .doOnCancel(() -> meters.cancelled(started))
                .doFinally(signal -> calls.decrementAndGet());
    }

    private <T> Exchange<T> exchange(BackendRequest request, Backend.Receiver<T> receiver, Patience patience) {
        return new Exchange<>(request, route, receiver, OutgoingHeaders.of(request, route, host), patience);
    }

    private <T> Mono<Outcome<T>> run(Exchange<T> exchange, HttpClient client) {
        return exchange.run(client, prefix + route.backendTarget(exchange.target()));
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
        return connections.close();
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

    /** The backend's path without a slash at its end, for the request's target begins with one. */
    static String prefix(URI backend) {
        String path = backend.getRawPath() == null ? "" : backend.getRawPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
}
