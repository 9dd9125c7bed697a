package dev.sluice.dispatch;

import dev.sluice.backend.Outcome;
import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.protection.EndedCall;
import dev.sluice.protection.EndedCall.End;
import dev.sluice.route.CallPolicy;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Classifies how calls ended, for those who protect the backend. Pure. */
final class CallEnds {

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVICE_UNAVAILABLE = 503;

    private CallEnds() {}

    /**
     * A call that was not aborted here.
     *
     * @param head of the response, if it has arrived; it decides even if the rest was cut short, where the route retries it
     * @param retryAfter when the backend asked to be called again, as far as it is obeyed
     */
    static EndedCall of(
            Job claimed,
            CallPolicy policy,
            @Nullable JobResult head,
            Outcome<?> outcome,
            Duration time,
            @Nullable Instant retryAfter) {
        int status = head == null ? 0 : head.status();
        if (head != null && retries(policy, status)) {
            return new EndedCall(claimed, rejected(status, retryAfter), time, status, retryAfter);
        }
        return new EndedCall(claimed, end(outcome), time, status, null);
    }

    /** A call that says nothing about the backend: it was aborted here, or did not come about. */
    static EndedCall aborted(Job claimed, Duration time) {
        return new EndedCall(claimed, End.ABORTED, time, 0, null);
    }

    /** Whether a response with this status is worth another call. */
    static boolean retries(CallPolicy policy, int status) {
        return !policy.success().contains(status) && policy.retry().retries(status);
    }

    /** Whether a {@code Retry-After} of a response with this status holds back others, and uses up no try. */
    static boolean holds(int status) {
        return status == TOO_MANY_REQUESTS || status == SERVICE_UNAVAILABLE;
    }

    private static End rejected(int status, @Nullable Instant retryAfter) {
        if (status == TOO_MANY_REQUESTS) {
            return End.LIMITED;
        }
        return status == SERVICE_UNAVAILABLE && retryAfter != null ? End.UNAVAILABLE : End.FAILED;
    }

    private static End end(Outcome<?> outcome) {
        if (outcome instanceof Outcome.Failed<?> failed) {
            if (!failed.sent()) {
                return End.UNREACHABLE;
            }
            // A response that is too large took as long as any, and says that the backend works.
            return failed.failure().problem() == Problem.BACKEND_ANSWER_TOO_LARGE ? End.ANSWERED : End.FAILED;
        }
        return End.ANSWERED;
    }
}
