package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import reactor.core.publisher.Mono;

/**
 * Calls a service, once per subscription. Calls whose policies have the same id share their connections; the first of them
 * says how many there are, how they are opened and how long they are kept. A request is sent again only if its connection, which others had
 * used before, ended before anything of an answer had come, and only if that cannot make the backend act twice.
 */
public interface Backend {

    /**
     * Sends the request and hands the answer to {@code receiver} while it arrives. Demand on the answer's body is
     * back-pressure on the backend, demand of the backend's socket is back-pressure on the request's body. Completes when
     * the receiver has completed, with {@link Outcome.Answered} and what the receiver made of it, or with
     * {@link Outcome.Failed} when there was no answer, or not all of it: then the body that the receiver consumes ended with
     * an error and the receiver's own error is not looked at. An error of the receiver after a complete body, or while
     * the backend did nothing wrong, is passed on. The limits of the policy apply. Cancelling closes the connection.
     * Signals on a thread of the adapter, which must not be blocked.
     *
     * @throws IllegalArgumentException as an error signal, if the request cannot be sent, or the policy's target is on another
     *     server than that of earlier calls with the same id
     */
    <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy policy, Receiver<T> receiver);

    /** Takes an answer. */
    @FunctionalInterface
    interface Receiver<T> {
        /** Consumes one answer. */
        Mono<T> receive(BackendAnswer answer);
    }
}
