package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.resolver.AddressResolverGroup;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/**
 * The calls that share the connections of one service: those with equal {@link PoolKey}s.
 *
 * <p>Nothing is sent twice that the service may have acted on, but for callbacks, whose receivers know a message again by its id.
 * A backend may close an idle connection while a request is on its way to it. If no part of a response has arrived, the request is
 * sent once more, on a new connection, if the first connection was found closed before anything was sent, if the method is
 * idempotent (RFC 9110, 9.2.2) and the job may have more than one attempt, or if it is a callback. Every other request may have
 * been processed, so it counts as a failed attempt, and the retry policy decides. Both tries together have the time of one call.
 */
final class BackendClient {

    private static final int CLOSED = -1;

    private final BackendConnections connections;
    private final BackendMeters meters;
    private final long most;
    private final AtomicInteger calls = new AtomicInteger();

    /** Those that entered and have not left; {@link #CLOSED} for good. */
    private final AtomicInteger users = new AtomicInteger();

    BackendClient(
            CallPolicy policy,
            LoopResources loops,
            TlsContexts contexts,
            AddressResolverGroup<?> publicAddresses,
            MeterRegistry registry) {
        this.connections = new BackendConnections(policy, loops, contexts, publicAddresses);
        this.meters = new BackendMeters(registry, policy.id());
        this.most = (long) policy.mostConnections() + policy.connections().maxPending();
    }

    /** Keeps the connections open until {@link #leave}; false if they are closed already. */
    boolean enter() {
        return users.getAndUpdate(now -> now == CLOSED ? CLOSED : now + 1) != CLOSED;
    }

    /** Returns whether nobody is left. */
    boolean leave() {
        return users.decrementAndGet() == 0;
    }

    /** Allows nobody to enter any more, unless somebody has. */
    boolean tryRetire() {
        return users.compareAndSet(0, CLOSED);
    }

    /** Connections that are opened from now on use the bundle as it is now. */
    void renew(String bundle) {
        connections.renew(bundle);
    }

    <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy policy, Backend.Receiver<T> receiver) {
        CallTimeout timeout = new CallTimeout(request, policy);
        HttpCall<T> call = httpCall(request, policy, receiver, timeout);
        if (calls.incrementAndGet() > most) {
            calls.decrementAndGet();
            return Mono.just(
                    BackendFailure.busy("too many requests wait for one").outcome(false));
        }
        long started = System.nanoTime();
        return call.run(connections.pooled(policy))
                .flatMap(outcome -> {
                    BackendRequest again = call.again();
                    return again == null
                            ? Mono.just(outcome)
                            : httpCall(again, policy, receiver, timeout)
                                    .run(connections.fresh(policy))
                                    .map(second -> together(outcome, second));
                })
                .doOnNext(outcome -> meters.record(outcome, started))
                .doOnError(error -> ended(request, started))
                .doOnCancel(() -> meters.cancelled(started))
                .doFinally(signal -> calls.decrementAndGet());
    }

    /** The backend may have seen what was sent first, too. */
    private static <T> Outcome<T> together(Outcome<T> first, Outcome<T> second) {
        return second instanceof Outcome.Failed<T> failed && first instanceof Outcome.Failed<T> before && before.sent()
                ? new Outcome.Failed<>(failed.failure(), true)
                : second;
    }

    private static <T> HttpCall<T> httpCall(
            BackendRequest request, CallPolicy policy, Backend.Receiver<T> receiver, CallTimeout timeout) {
        return new HttpCall<>(request, policy, receiver, OutgoingHeaders.of(request, policy), timeout);
    }

    /** A request that is passed through also ends with an error if its client aborts the upload or the download. */
    private void ended(BackendRequest request, long started) {
        if (request.job() == null) {
            meters.cancelled(started);
        } else {
            meters.error(started);
        }
    }

    /** Whether a connection can be made. */
    Mono<Boolean> reachable() {
        return connections.probe();
    }

    /** Closes idle connections, then completes; a connection in use is closed when its call ends. */
    Mono<Void> close() {
        return connections.close();
    }
}
