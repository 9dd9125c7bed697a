package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import reactor.core.publisher.Mono;

/**
 * Calls a service, once per subscription. Calls whose policies have the same id share connections; the policy of the first of
 * them decides how many there are, how they are opened and how long they are kept. A request is sent a second time only if its
 * connection, which had been used before, ended before any part of a response arrived, and only if that cannot make the service
 * act twice.
 */
public interface Backend {

    /**
     * Sends the request and hands the response to {@code receiver} while it arrives. Demand on the response's body is
     * back-pressure on the backend, demand of the backend's socket is back-pressure on the request's body. Completes when
     * the receiver has completed, with {@link Outcome.Answered} and what the receiver made of it, or with
     * {@link Outcome.Failed} when the response is missing or incomplete: then the body that the receiver consumes ended with
     * an error, and the receiver's own error is ignored. An error of the receiver after a complete body, or while the
     * backend did nothing wrong, is propagated. The limits of the policy apply. Cancelling closes the connection.
     * Signals on a thread of the adapter, which must not be blocked.
     *
     * @throws IllegalArgumentException as an error signal, if the request cannot be sent, or the policy's target is on another
     *     server than that of earlier calls with the same id
     */
    <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy policy, Receiver<T> receiver);

    /**
     * Whether the service can be reached: makes a connection as a call with this policy would, TLS included, sends nothing on it,
     * and closes it after 100 ms. Emits false if it cannot be made, or the service closes it first. Takes at most the policy's
     * connect time-out and 10 s.
     */
    Mono<Boolean> reachable(CallPolicy policy);

    /** Consumes responses. */
    @FunctionalInterface
    interface Receiver<T> {
        /** Consumes one response. */
        Mono<T> receive(BackendResponse response);
    }
}
