package dev.sluice.backend;

import dev.sluice.job.Failure;
import dev.sluice.job.JobResult;

/** The outcome of one call. */
public sealed interface Outcome<T> {

    /**
     * The backend sent a complete response.
     *
     * @param head status and end-to-end fields of the response
     * @param received what the receiver made of it
     */
    record Answered<T>(JobResult head, T received) implements Outcome<T> {}

    /**
     * There was no response, or it was cut short, malformed, too large or too late.
     *
     * @param failure what went wrong; retryable unless the backend did the work and the same response would be rejected again
     * @param sent whether the backend may have seen the request; false only if certainly nothing of it left: there was no
     *     connection, no TLS, no place in the pool
     */
    record Failed<T>(Failure failure, boolean sent) implements Outcome<T> {}
}
