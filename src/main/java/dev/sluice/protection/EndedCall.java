package dev.sluice.protection;

import dev.sluice.job.Job;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a call of the backend for a job ended.
 *
 * @param job the job as it was claimed
 * @param end the kind of its end
 * @param time how long it took, connecting included
 * @param status of the response, 0 without one
 * @param retryAfter when the backend asked to be called again, as it is obeyed; null if it did not
 */
public record EndedCall(
        Job job,
        End end,
        Duration time,
        int status,
        @Nullable Instant retryAfter) {

    /** The kinds of ends. */
    public enum End {
        /** The backend answered, and not with a status that the route retries. */
        ANSWERED,
        /** It answered 429: this caller has to wait, or there was too much. */
        LIMITED,
        /** It answered 503 with a {@code Retry-After}. */
        UNAVAILABLE,
        /** The call certainly never left: no connection, no TLS, no place in the pool. */
        UNREACHABLE,
        /** It timed out, was cut short, or the status is one that the route retries. */
        FAILED,
        /**
         * It was aborted here, or not even begun: cancelled, overdue, lease lost, node stopped, a failure of the gateway. Says
         * nothing about the backend.
         */
        ABORTED
    }
}
