package dev.sluice.job;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An accepted request as of its latest event.
 *
 * @param id its name
 * @param route the id of the route that took it
 * @param order the order of acceptance: of two jobs the one accepted earlier has the smaller number
 * @param spec what was settled at its acceptance
 * @param status the attributes that change, also accessible on the job itself
 */
public record Job(JobId id, String route, long order, JobSpec spec, JobStatus status) {

    /**
     * The job after a move.
     *
     * @param event the event of the move; null for a move that changes nothing that a reader sees
     */
    public record Step(Job job, @Nullable JobEvent event) {}

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
            require(state() == JobState.RUNNING, "succeed");
            return finish(JobState.SUCCEEDED, null, succeed.result(), now);
        } else if (transition instanceof Transition.Fail fail) {
            require(!state().finished(), "fail");
            return finish(JobState.FAILED, fail.failure(), fail.result(), now);
        } else if (transition instanceof Transition.MissDeadline) {
            return missDeadline(now);
        } else if (transition instanceof Transition.Await await) {
            return await(await);
        } else if (transition instanceof Transition.Resume) {
            require(parked(), "resume");
            return new Step(with(status.toBuilder().parked(false).fence(fence() + 1)), null);
        } else if (transition instanceof Transition.Complete complete) {
            return complete(complete, now);
        } else if (transition instanceof Transition.Hear hear) {
            return hear(hear, now);
        }
        require(!state().finished(), "cancel");
        return finish(JobState.CANCELLED, null, null, now);
    }

    /** When a finished job may be purged; null while it is unfinished. */
    public @Nullable Instant expiresAt() {
        Instant end = finishedAt();
        if (end == null) {
            return null;
        }
        Instant expiry = end.plus(spec.keep());
        Instant keepUntil = spec.keepUntil();
        return keepUntil != null && keepUntil.isAfter(expiry) ? keepUntil : expiry;
    }

    /** Whether its retention has ended, whether or not it has been erased. */
    public boolean expired(Instant now) {
        Instant expiry = expiresAt();
        return expiry != null && !expiry.isAfter(now);
    }

    /**
     * When it fails by the time that has passed: at its deadline, or while it is queued when it is given up, if that is
     * earlier; null if neither applies.
     */
    public @Nullable Instant overdueAt() {
        Instant deadline = spec.deadline();
        if (state().finished()) {
            return null;
        }
        Instant giveUp = state() == JobState.QUEUED ? giveUpAt() : null;
        return giveUp == null || (deadline != null && deadline.isBefore(giveUp)) ? deadline : giveUp;
    }

    /** Whether it failed because it had waited too long for a backend that could not be called, and no attempt ended it. */
    public boolean givenUp() {
        return state() == JobState.FAILED && giveUpAt() != null;
    }

    /** Names the latest attempt in a text: {@code attempt 2 of 5}, or {@code attempt 7 (try 2 of 5)} where they differ. */
    public String attemptText() {
        String of = " of " + spec.maxAttempts();
        return attempt() == tries()
                ? "attempt " + attempt() + of
                : "attempt " + attempt() + " (try " + tries() + of + ")";
    }

    /** The number of its latest event that is not {@code output}: it does not rise with each piece of a response. */
    public long changedSeq() {
        Progress progress = progress();
        return state() == JobState.RUNNING && progress != null ? lastSeq() - progress.outputs() : lastSeq();
    }

    /** The first event, which every job has. */
    public JobEvent.Accepted accepted() {
        return new JobEvent.Accepted(id, spec.acceptedAt(), route, spec.estimate());
    }

    /** See {@link JobStatus}; likewise the accessors below. */
    public JobState state() {
        return status.state();
    }

    public long lastSeq() {
        return status.lastSeq();
    }

    public long fence() {
        return status.fence();
    }

    public int attempt() {
        return status.attempt();
    }

    public int tries() {
        return status.tries();
    }

    public @Nullable Instant giveUpAt() {
        return status.giveUpAt();
    }

    public Instant dueAt() {
        return status.dueAt();
    }

    public @Nullable Instant startedAt() {
        return status.startedAt();
    }

    public @Nullable Instant finishedAt() {
        return status.finishedAt();
    }

    public @Nullable Failure failure() {
        return status.failure();
    }

    public @Nullable Progress progress() {
        return status.progress();
    }

    public @Nullable ResultInfo result() {
        return status.result();
    }

    public @Nullable Awaiting awaiting() {
        return status.awaiting();
    }

    public boolean parked() {
        return status.parked();
    }

    private Step await(Transition.Await move) {
        require(state() == JobState.RUNNING, "be parked");
        return new Step(
                with(status.toBuilder().awaiting(move.awaiting()).parked(true).dueAt(move.dueAt())), null);
    }

    private Step complete(Transition.Complete move, Instant now) {
        require(
                state() == JobState.RUNNING
                        && attempt() == move.attempt()
                        && !(awaiting() instanceof Awaiting.Answered),
                "be completed");
        return new Step(
                with(status.toBuilder()
                        .awaiting(new Awaiting.Answered())
                        .parked(true)
                        .dueAt(now)
                        .fence(fence() + 1)),
                null);
    }

    private Step hear(Transition.Hear move, Instant now) {
        boolean awaited = state() == JobState.RUNNING && attempt() == move.attempt();
        if (!awaited || !(awaiting() instanceof Awaiting.Completion completion)) {
            throw new IllegalTransitionException(this, "be heard of");
        }
        JobStatus.Builder heard = status.toBuilder();
        heardOf(heard, completion, now);
        return new Step(with(heard), null);
    }

    /** A check under way takes the backend for silent, which it is not: it loses its claim. */
    private void heardOf(JobStatus.Builder heard, Awaiting.Completion completion, Instant now) {
        Instant due = now.plus(completion.timeout());
        heard.dueAt(parked() && due.isBefore(dueAt()) ? dueAt() : due);
        if (!parked()) {
            heard.parked(true).fence(fence() + 1);
        }
    }

    private Step start(Instant now) {
        require(state() == JobState.QUEUED, "start");
        Job next = with(next().state(JobState.RUNNING)
                .attempt(attempt() + 1)
                .tries(tries() + 1)
                .fence(fence() + 1)
                .startedAt(now)
                .progress(null)
                .awaiting(null)
                .parked(false));
        return new Step(next, new JobEvent.Started(id, route, next.lastSeq(), now, next.attempt()));
    }

    private Step report(Transition.Report move, Instant now) {
        require(state() == JobState.RUNNING, "report progress");
        JobStatus.Builder said = next().progress(move.progress());
        if (awaiting() instanceof Awaiting.Completion completion) {
            heardOf(said, completion, now);
        }
        Job next = with(said);
        return new Step(next, new JobEvent.Reported(id, route, next.lastSeq(), now, move.progress(), move.further()));
    }

    private Step emit(Transition.Emit move, Instant now) {
        require(state() == JobState.RUNNING, "emit output");
        Job next = with(next().progress(Progress.output(progress())));
        return new Step(next, new JobEvent.Emitted(id, route, next.lastSeq(), now, move.output()));
    }

    private Step requeue(Transition.Requeue move, Instant now) {
        require(state() == JobState.RUNNING, "requeue");
        Failure met = move.failure() != null ? move.failure() : failure();
        Job next = with(next().state(JobState.QUEUED)
                .attempt(move.called() ? attempt() : attempt() - 1)
                .tries(move.reason().usesTry() ? tries() : tries() - 1)
                .dueAt(move.dueAt())
                .giveUpAt(met == null ? null : giveUpAt(move))
                .failure(met)
                .awaiting(null)
                .parked(false));
        return new Step(
                next,
                new JobEvent.Requeued(id, route, next.lastSeq(), now, move.reason(), move.dueAt(), move.failure()));
    }

    /** What says nothing about the backend changes nothing of it. */
    private @Nullable Instant giveUpAt(Transition.Requeue move) {
        if (move.reason() == RequeueReason.NODE_STOPPED) {
            return giveUpAt();
        }
        return move.reason().isBoundedByTime() ? move.giveUpAt() : null;
    }

    private Step lose(Instant now) {
        require(state() == JobState.RUNNING && !parked(), "lose");
        if (awaiting() != null) { // the check is repeated; the work is the backend's
            return new Step(with(status.toBuilder().parked(true).dueAt(now)), null);
        }
        if (tries() < spec.maxAttempts()) {
            return requeue(new Transition.Requeue(RequeueReason.NODE_LOST, now, null), now);
        }
        Failure unknown = new Failure(
                Problem.OUTCOME_UNKNOWN,
                "The gateway was interrupted during " + attemptText()
                        + "; whether the backend did the work is not known.");
        return finish(JobState.FAILED, unknown, null, now);
    }

    private Step missDeadline(Instant now) {
        Instant overdue = overdueAt();
        require(overdue != null, "miss its deadline");
        if (state() == JobState.QUEUED && Objects.equals(overdue, giveUpAt())) {
            Job next = with(next().state(JobState.FAILED).finishedAt(now));
            return new Step(next, new JobEvent.Finished(next));
        }
        Failure missed = new Failure(
                Problem.DEADLINE_EXCEEDED,
                "The job was not finished by its deadline, " + spec.deadline()
                        + "; send the request again with a later one if its result is still wanted.");
        return finish(JobState.FAILED, missed, null, now);
    }

    private Step finish(JobState end, @Nullable Failure why, @Nullable ResultInfo answer, Instant now) {
        Job next = with(next().state(end)
                .finishedAt(now)
                .failure(why)
                .result(answer)
                .giveUpAt(null)
                .awaiting(null)
                .parked(false)
                .progress(end == JobState.SUCCEEDED ? null : progress()));
        return new Step(next, new JobEvent.Finished(next));
    }

    /** Creates a builder of the status as of the next event. */
    private JobStatus.Builder next() {
        return status.toBuilder().lastSeq(lastSeq() + 1);
    }

    private Job with(JobStatus.Builder next) {
        return new Job(id, route, order, spec, next.build());
    }

    private void require(boolean legal, String move) {
        if (!legal) {
            throw new IllegalTransitionException(this, move);
        }
    }
}
