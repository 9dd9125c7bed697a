package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.ssl.SslBundles;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/**
 * The calls of one service. Each may have a policy of its own; that of the first one says how many connections there are,
 * how they are opened and how long they are kept.
 *
 * <p>Nothing is sent twice that the backend may have acted on. But a backend may close a connection while a request is on
 * its way to it. If nothing of an answer has come, that request is sent once more, on a new connection, where that changes
 * nothing: if its method is idempotent (RFC 9110, 9.2.2) and it is not the only attempt that its job has, or if the
 * connection was found closed before anything was sent. Any other request may have been seen, so it is a failed attempt,
 * and the caller's retry policy decides. Both together take no longer than one may.
 */
final class BackendClient {

    private final CallTarget server;
    private final BackendConnections connections;
    private final BackendMeters meters;
    private final long most;
    private final AtomicInteger calls = new AtomicInteger();

    BackendClient(CallPolicy policy, LoopResources loops, SslBundles bundles, MeterRegistry registry) {
        this.server = policy.target();
        this.connections = new BackendConnections(policy, loops, bundles);
        this.meters = new BackendMeters(registry, policy.id());
        this.most = (long) policy.concurrency().perNode() + policy.connections().maxPending();
    }

    <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy policy, Backend.Receiver<T> receiver) {
        if (!server.isSameServer(policy.target())) {
            return Mono.error(new IllegalArgumentException("the connections of " + policy.id() + " lead elsewhere"));
        }
        Patience patience = new Patience(request, policy);
        Exchange<T> exchange = exchange(request, policy, receiver, patience);
        if (calls.incrementAndGet() > most) {
            calls.decrementAndGet();
            return Mono.just(
                    BackendFailure.busy("too many requests wait for one").outcome());
        }
        long started = System.nanoTime();
        return exchange.run(connections.pooled())
                .flatMap(outcome -> {
                    BackendRequest again = exchange.again();
                    return again == null
                            ? Mono.just(outcome)
                            : exchange(again, policy, receiver, patience).run(connections.fresh());
                })
                .doOnNext(outcome -> meters.record(outcome, started))
                .doOnError(error -> ended(request, started))
                .doOnCancel(() -> meters.cancelled(started))
                .doFinally(signal -> calls.decrementAndGet());
    }

    private static <T> Exchange<T> exchange(
            BackendRequest request, CallPolicy policy, Backend.Receiver<T> receiver, Patience patience) {
        return new Exchange<>(request, policy, receiver, OutgoingHeaders.of(request, policy), patience);
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
}
