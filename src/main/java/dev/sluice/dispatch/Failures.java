package dev.sluice.dispatch;

import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.RetryPolicy;
import java.time.Duration;

/** Failures of attempts other than those that the backend's adapter reports. */
final class Failures {

    private Failures() {}

    /** The backend answered with a status that is no success; retryable if the policy retries it. */
    static Failure answered(Job claimed, JobResult response, RetryPolicy policy) {
        return new Failure(
                Problem.BACKEND_STATUS,
                "The backend answered " + response.status() + " to " + claimed.attemptText() + ".",
                policy.retries(response.status()));
    }

    /** The backend took the work over, and names an operation that is not followed. */
    static Failure elsewhere(CallPolicy policy) {
        return new Failure(
                Problem.BACKEND_PROTOCOL_ERROR,
                "The backend answered 202 and named an operation that is not followed: only URLs of "
                        + policy.target().uri().getScheme() + "://"
                        + policy.target().authority() + " are, of at most 4,096 characters.");
    }

    /** The backend took the work over, and then neither sent its answer nor reported progress. */
    static Failure silent(Job claimed, Duration timeout) {
        return new Failure(
                Problem.BACKEND_TIMEOUT,
                "The backend took over " + claimed.attemptText() + " and was not heard of for " + timeout.toMillis()
                        + " ms.",
                true);
    }

    /** The backend answered that it is to be called again later, which it is. */
    static Failure later(Job claimed, JobResult response) {
        return new Failure(
                Problem.BACKEND_STATUS,
                "The backend answered " + response.status() + " to attempt " + claimed.attempt()
                        + " and asked to be called again later.",
                true);
    }

    /** The backend answered with a success, but the response could not be stored. */
    static Failure notKept(Job claimed, JobResult response) {
        return new Failure(
                Problem.OUTCOME_UNKNOWN,
                "The backend answered " + response.status() + " to " + claimed.attemptText()
                        + ", but the gateway could not store its answer.");
    }

    /** The backend was called, and the outcome is unknown. */
    static Failure unknown(Job claimed) {
        return new Failure(
                Problem.OUTCOME_UNKNOWN,
                "The gateway was interrupted during " + claimed.attemptText()
                        + "; whether the backend did the work is not known.");
    }
}
