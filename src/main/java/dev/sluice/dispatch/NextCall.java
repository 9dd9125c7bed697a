package dev.sluice.dispatch;

import dev.sluice.backend.Outcome;
import dev.sluice.job.Awaiting;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether the backend is called again for a job after a call has ended, when, and whether the call that ended uses up a
 * try. A call that never left uses up none, nor does a 429 or 503 whose {@code Retry-After} is obeyed; how often that may happen
 * is bounded by the time at which the job is given up.
 *
 * @param claimed the job as it was called
 * @param now when the call ended
 */
record NextCall(Job claimed, CallPolicy policy, Instant now, RandomGenerator random) {

    private static final int ACCEPTED = 202;
    private static final String COMPLETION = "Sluice-Completion";
    private static final Duration FIRST_POLL = Duration.ofSeconds(1);
    private static final Duration LONGEST_POLL = Duration.ofSeconds(30);

    /** The least number of deliveries of a callback: with the waits between them they take about an hour. */
    private static final int DELIVERIES = 10;

    /** The job's move after a response with which the backend takes the work over; null if it is another one. */
    @Nullable
    Transition takenOver(JobResult head, @Nullable String elsewhere) {
        if (head.status() != ACCEPTED) {
            return null;
        } else if (isLater(head)) {
            Duration timeout = policy.timeouts().attempt();
            return new Transition.Await(new Awaiting.Completion(timeout), now.plus(timeout));
        }
        return policy.following() == CallPolicy.Following.NONE || elsewhere == null
                ? null
                : pending(head, elsewhere, now);
    }

    /**
     * The job's move while its operation has no response.
     *
     * @param head what the backend answered
     * @param url where the operation is to be polled
     * @param since when the backend took the work over
     */
    Transition pending(JobResult head, String url, Instant since) {
        if (!OperationUrl.isUsable(policy, url)) {
            return new Transition.Fail(Failures.elsewhere(policy), null);
        }
        Instant asked = retryAfter(head);
        return new Transition.Await(new Awaiting.Operation(url, since), asked == null ? nextPoll(since) : asked);
    }

    /** When an operation is polled next whose backend has not said when: after a second, then less and less often. */
    Instant nextPoll(Instant since) {
        long half = Duration.between(since, now).dividedBy(2).toMillis();
        long wait = Math.max(FIRST_POLL.toMillis(), Math.min(LONGEST_POLL.toMillis(), half));
        return now.plusMillis((long) (wait * random.nextDouble(0.8, 1.2)));
    }

    /** Whether a poll that failed, or was answered with a status that is retried, is repeated. */
    boolean pollsOn(Instant since) {
        return now.isBefore(since.plus(retry().giveUp()));
    }

    private static boolean isLater(JobResult head) {
        return head.headers().first(COMPLETION).map(String::strip).orElse("").equalsIgnoreCase("later");
    }

    /** The job's move after a response, decided by its head; null if the response is final. */
    Transition.@Nullable Requeue after(JobResult head) {
        if (!CallEnds.retries(policy, head.status())) {
            return null;
        }
        Instant comeBackAt = retryAfter(head);
        Instant due = now.plus(retry().wait(claimed.tries(), random));
        if (comeBackAt != null && comeBackAt.isAfter(due)) {
            due = comeBackAt;
        }
        if (comeBackAt != null && CallEnds.holds(head.status())) {
            return due.isBefore(giveUpAt())
                    ? new Transition.Requeue(
                            RequeueReason.RETRY_AFTER, due, Failures.later(claimed, head), true, giveUpAt())
                    : null;
        }
        return triesLeft()
                ? new Transition.Requeue(RequeueReason.RETRY, due, Failures.answered(claimed, head, retry()))
                : null;
    }

    /** The job's move after a call without a complete response. */
    Transition after(Outcome.Failed<?> failed) {
        if (policy.deliversCallbacks()) { // whatever is wrong with a receiver may be mended within the day
            return failed.failure().problem() == Problem.CALLBACK_REFUSED
                    ? new Transition.Fail(failed.failure(), null)
                    : retried(failed.failure());
        } else if (!failed.sent()) {
            return afterNone(failed.failure());
        }
        return failed.failure().retryable() ? retried(failed.failure()) : new Transition.Fail(failed.failure(), null);
    }

    /** The job's move after a call that counts as a try, whatever it was. */
    Transition retried(Failure failure) {
        return triesLeft()
                ? new Transition.Requeue(RequeueReason.RETRY, now.plus(retry().wait(claimed.tries(), random)), failure)
                : new Transition.Fail(failure, null);
    }

    /**
     * When the backend asked to be called again, as far as that is obeyed; null if it did not, or for no time at all: such an
     * answer counts like any other, so that a backend in trouble is not called in a loop.
     */
    @Nullable
    Instant retryAfter(JobResult head) {
        return RetryAfter.of(head.headers(), now, retry().maxHold())
                .filter(time -> time.isAfter(now))
                .orElse(null);
    }

    /**
     * The job keeps its place, at once when it meets this for the first time. Later it backs off for about as long as it has
     * been waiting, so that it is not claimed in a loop where nothing else holds back its route.
     */
    private Transition afterNone(Failure failure) {
        Instant giveUpAt = giveUpAt();
        if (!now.isBefore(giveUpAt)) {
            return new Transition.Fail(failure, null);
        }
        Instant due = now;
        if (claimed.giveUpAt() != null) {
            Duration waited = Duration.between(giveUpAt.minus(retry().giveUp()), now);
            due = now.plus(retry().probe(waited, random));
        }
        return new Transition.Requeue(RequeueReason.UNREACHABLE, due, failure, false, giveUpAt);
    }

    /**
     * A time after the acceptance, or after the delay that the client asked for. A job that has waited for longer for other
     * reasons, such as a pause, has some time left from when it first meets trouble.
     */
    private Instant giveUpAt() {
        Instant known = claimed.giveUpAt();
        if (known != null) {
            return known;
        }
        Instant accepted = claimed.spec().acceptedAt();
        Instant begun = claimed.dueAt().isAfter(accepted) ? claimed.dueAt() : accepted;
        Instant usual = begun.plus(retry().giveUp());
        return usual.isAfter(now) ? usual : now.plus(retry().maxHold());
    }

    private boolean triesLeft() {
        return claimed.tries() < claimed.spec().maxAttempts() && !isOver();
    }

    /** Callbacks are delivered for a time and not for a number of tries, but for some of these even after a long pause. */
    private boolean isOver() {
        return policy.deliversCallbacks()
                && claimed.tries() >= DELIVERIES
                && !now.isBefore(claimed.spec().acceptedAt().plus(retry().giveUp()));
    }

    private RetryPolicy retry() {
        return policy.retry();
    }
}
