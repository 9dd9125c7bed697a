package dev.sluice.dispatch;

import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.route.RetryPolicy;

/** What an attempt says of its failure where the backend's adapter does not. */
final class Failures {

    private Failures() {}

    /** The backend answered, but not with a success. What the route would ask for again may be asked for again. */
    static Failure answered(Job claimed, JobResult response, RetryPolicy policy) {
        return new Failure(
                Problem.BACKEND_STATUS,
                "The backend answered " + response.status() + " to attempt " + claimed.attempt() + " of "
                        + claimed.spec().maxAttempts() + ".",
                policy.retries(response.status()));
    }

    /** The backend answered with a success, but what it answered is lost. */
    static Failure notKept(Job claimed, JobResult response) {
        return new Failure(
                Problem.OUTCOME_UNKNOWN,
                "The backend answered " + response.status() + " to attempt " + claimed.attempt() + " of "
                        + claimed.spec().maxAttempts() + ", but the gateway could not store its answer.");
    }

    /** The backend was called, and what it did is not known. */
    static Failure unknown(Job claimed) {
        return new Failure(
                Problem.OUTCOME_UNKNOWN,
                "The gateway was interrupted during attempt " + claimed.attempt() + " of "
                        + claimed.spec().maxAttempts() + "; whether the backend did the work is not known.");
    }
}
