package dev.sluice.job;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An accepted request, as it stands after its latest event.
 *
 * @param id its name
 * @param route the id of the route that took it
 * @param state where it stands
 * @param order the order of acceptance: of two jobs the one accepted earlier has the smaller number
 * @param urgency 0 (most urgent) to 7 (RFC 9218)
 * @param acceptedAt when it was accepted
 * @param attempt the number of attempts begun that count as tries
 * @param maxAttempts how many tries it has
 * @param keep how long it stays readable after its end
 * @param keepUntil it stays readable at least until then, if set: as long as its idempotency key is promised to hold
 * @param estimate when it was expected to start and finish, as told at its acceptance
 * @param deadline if it is not finished by then it fails, if set
 * @param redriveOf the failed job whose request it repeats, if it does
 * @param lastSeq the number of its latest event
 * @param fence rises each time the job is claimed; whoever holds an older one has lost it
 * @param dueAt it is not started before then
 * @param startedAt when the latest attempt began
 * @param finishedAt when it reached its final state
 * @param failure why the latest attempt, or the job, failed
 * @param result what the backend finally answered
 * @param progress what the backend last said of the latest attempt; forgotten when the next one begins, and when the job
 *     succeeds, for then it says nothing that the state does not
 */
public record Job(
        JobId id,
        String route,
        JobState state,
        long order,
        int urgency,
        Instant acceptedAt,
        int attempt,
        int maxAttempts,
        Duration keep,
        @Nullable Instant keepUntil,
        @Nullable Estimate estimate,
        @Nullable Instant deadline,
        @Nullable JobId redriveOf,
        long lastSeq,
        long fence,
        Instant dueAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable Failure failure,
        @Nullable ResultInfo result,
        @Nullable Progress progress) {

    /** A move and what it led to. */
    public record Step(Job job, JobEvent event) {}

    /**
     * Makes one move.
     *
     * @throws IllegalTransitionException if the state does not allow it
     */
    public Step apply(Transition transition, Instant now) {
        if (transition instanceof Transition.Start) {
            return start(now);
        } else if (transition instanceof Transition.Report report) {
            return report(report, now);
        } else if (transition instanceof Transition.Emit emit) {
            return emit(emit, now);
        } else if (transition instanceof Transition.Requeue requeue) {
            return requeue(requeue, now);
        } else if (transition instanceof Transition.Lose) {
            return lose(now);
        } else if (transition instanceof Transition.Succeed succeed) {
            require(state == JobState.RUNNING, "succeed");
            return finish(JobState.SUCCEEDED, null, succeed.result(), now);
        } else if (transition instanceof Transition.Fail fail) {
            require(!state.finished(), "fail");
            return finish(JobState.FAILED, fail.failure(), fail.result(), now);
        } else if (transition instanceof Transition.MissDeadline) {
            return missDeadline(now);
        }
        require(!state.finished(), "cancel");
        return finish(JobState.CANCELLED, null, null, now);
    }

    /** When a finished job may be purged; null while it is unfinished. */
    public @Nullable Instant expiresAt() {
        if (finishedAt == null) {
            return null;
        }
        Instant expiry = finishedAt.plus(keep);
        return keepUntil != null && keepUntil.isAfter(expiry) ? keepUntil : expiry;
    }

    /** Whether it is kept no longer, whether or not it was erased by now. */
    public boolean expired(Instant now) {
        Instant expiry = expiresAt();
        return expiry != null && !expiry.isAfter(now);
    }

    /**
     * The number of its latest event that is not {@code output}: it rises when something happened, not when another piece
     * of an answer came.
     */
    public long changedSeq() {
        return state == JobState.RUNNING && progress != null ? lastSeq - progress.outputs() : lastSeq;
    }

    /** The first event, which every job has. */
    public JobEvent.Accepted accepted() {
        return new JobEvent.Accepted(id, acceptedAt, route, estimate);
    }

    private Step start(Instant now) {
        require(state == JobState.QUEUED, "start");
        Job next = with(JobState.RUNNING, attempt + 1, fence + 1, dueAt, now, null, failure, null, null);
        return new Step(next, new JobEvent.Started(id, route, next.lastSeq, now, next.attempt));
    }

    private Step report(Transition.Report move, Instant now) {
        require(state == JobState.RUNNING, "report progress");
        Job next = with(state, attempt, fence, dueAt, startedAt, null, failure, null, move.progress());
        return new Step(next, new JobEvent.Reported(id, route, next.lastSeq, now, move.progress(), move.further()));
    }

    private Step emit(Transition.Emit move, Instant now) {
        require(state == JobState.RUNNING, "emit output");
        Job next = with(state, attempt, fence, dueAt, startedAt, null, failure, null, Progress.output(progress));
        return new Step(next, new JobEvent.Emitted(id, route, next.lastSeq, now, move.output()));
    }

    private Step requeue(Transition.Requeue move, Instant now) {
        require(state == JobState.RUNNING, "requeue");
        boolean counts = move.reason() != RequeueReason.NODE_STOPPED;
        Failure why = move.failure() != null ? move.failure() : failure;
        int made = counts ? attempt : attempt - 1;
        Job next = with(JobState.QUEUED, made, fence, move.dueAt(), startedAt, null, why, null, progress);
        return new Step(
                next, new JobEvent.Requeued(id, route, next.lastSeq, now, move.reason(), move.dueAt(), move.failure()));
    }

    private Step lose(Instant now) {
        require(state == JobState.RUNNING, "lose");
        if (attempt < maxAttempts) {
            return requeue(new Transition.Requeue(RequeueReason.NODE_LOST, now, null), now);
        }
        Failure unknown = new Failure(
                Problem.OUTCOME_UNKNOWN,
                "The gateway was interrupted during attempt " + attempt + " of " + maxAttempts
                        + "; whether the backend did the work is not known.");
        return finish(JobState.FAILED, unknown, null, now);
    }

    private Step missDeadline(Instant now) {
        require(!state.finished() && deadline != null, "miss its deadline");
        Failure missed = new Failure(
                Problem.DEADLINE_EXCEEDED,
                "The job was not finished by its deadline, " + deadline
                        + "; send the request again with a later one if its result is still wanted.");
        return finish(JobState.FAILED, missed, null, now);
    }

    private Step finish(JobState end, @Nullable Failure why, @Nullable ResultInfo answer, Instant now) {
        Progress last = end == JobState.SUCCEEDED ? null : progress;
        Job next = with(end, attempt, fence, dueAt, startedAt, now, why, answer, last);
        return new Step(next, new JobEvent.Finished(next));
    }

    private Job with(
            JobState newState,
            int newAttempt,
            long newFence,
            Instant newDueAt,
            @Nullable Instant newStartedAt,
            @Nullable Instant newFinishedAt,
            @Nullable Failure newFailure,
            @Nullable ResultInfo newResult,
            @Nullable Progress newProgress) {
        return new Job(
                id,
                route,
                newState,
                order,
                urgency,
                acceptedAt,
                newAttempt,
                maxAttempts,
                keep,
                keepUntil,
                estimate,
                deadline,
                redriveOf,
                lastSeq + 1,
                newFence,
                newDueAt,
                newStartedAt,
                newFinishedAt,
                newFailure,
                newResult,
                newProgress);
    }

    private void require(boolean legal, String move) {
        if (!legal) {
            throw new IllegalTransitionException(this, move);
        }
    }
}
