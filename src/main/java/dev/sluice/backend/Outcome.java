package dev.sluice.backend;

import dev.sluice.job.Failure;
import dev.sluice.job.JobResult;

/** What came of one call. */
public sealed interface Outcome<T> {

    /**
     * The backend answered, completely.
     *
     * @param head status and end-to-end fields of the answer
     * @param received what the receiver made of it
     */
    record Answered<T>(JobResult head, T received) implements Outcome<T> {}

    /**
     * The backend did not answer, or its answer was cut short, garbage, too large or too late.
     *
     * @param failure what went wrong, which is retryable unless the backend has worked and its answer would be refused
     *     again
     */
    record Failed<T>(Failure failure) implements Outcome<T> {}
}
