package dev.sluice.journal.core;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.StaleClaimException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a move: a pure function of the job, of the guard under which it is moved and of the move. An engine
 * reads the job, calls {@link #of} and writes the decision; everything else that follows from a move, such as counters
 * and notifications, is derived from the {@link Step}.
 */
public sealed interface Decision {

    /**
     * Requires a move to be one that {@link dev.sluice.journal.WorkQueue#record} makes.
     *
     * @throws IllegalArgumentException if another method makes it
     */
    static void requireRecorded(Transition move) {
        if (move instanceof Transition.Succeed || (move instanceof Transition.Fail fail && fail.result() != null)) {
            throw new IllegalArgumentException("a move with a result is made by finish");
        } else if (move instanceof Transition.Emit) {
            throw new IllegalArgumentException("output is recorded by stream");
        }
    }

    /** The condition of a move beside the state of the job. */
    enum Guard {
        /** None: a cancellation or a report of the backend. */
        ANYONE,
        /** A valid claim: its fence is the job's, and its lease has not expired. */
        HOLDER,
        /** An expired lease: the attempt is lost. */
        LEASE_OUT,
        /** A deadline that has passed, or the time at which the job is given up. */
        DEADLINE_PASSED
    }

    /**
     * The job when a move of it is decided.
     *
     * @param job its current version; null if it does not exist or was erased
     * @param leased whether the lease of its claim is valid; ignored unless it is running
     */
    record Snapshot(@Nullable Job job, boolean leased) {

        /** Whether this claim of the job is valid. */
        public boolean holds(Job claimed) {
            return job != null
                    && leased
                    && job.state() == JobState.RUNNING
                    && !job.parked()
                    && job.fence() == claimed.fence();
        }
    }

    /**
     * The move is legal; job and event must be written atomically.
     *
     * @param event null for a move of which no reader is told
     * @param forgotten whether the job is cancelled in order to be erased
     */
    record Step(Job before, Job after, @Nullable JobEvent event, boolean forgotten) implements Decision {

        /** The change of the number of jobs that run and whose backend has not taken them over: 1, 0 or −1. */
        public int running() {
            return runs(after) - runs(before);
        }

        /** The change of the number of jobs whose backend has taken them over: 1, 0 or −1. */
        public int awaiting() {
            return awaits(after) - awaits(before);
        }

        /** Whether the claim under which the job ran, if it was under one, has ended. */
        public boolean endsClaim() {
            return isClaimed(before) && !(isClaimed(after) && before.fence() == after.fence());
        }

        /** Whether the job leaves the queue. */
        public boolean leavesQueue() {
            return before.state() == JobState.QUEUED && after.state() != JobState.QUEUED;
        }

        /** Whether the job enters the queue. */
        public boolean entersQueue() {
            return before.state() != JobState.QUEUED && after.state() == JobState.QUEUED;
        }

        /** Returns the event of a move that has one. */
        public JobEvent told() {
            return Objects.requireNonNull(event);
        }

        /** Whether the job has finished: its deadline is void, its retention begins, its credentials are erased. */
        public boolean ends() {
            return after.state().finished();
        }

        /** Returns the jobs that are to be appended with it. */
        public List<FollowUps.FollowUp> causes(FollowUps followUps) {
            if (!ends()) {
                return List.of();
            }
            return forgotten ? followUps.ofForgotten(before, after) : followUps.of(before, after);
        }

        private static int runs(Job job) {
            return job.state() == JobState.RUNNING && job.awaiting() == null ? 1 : 0;
        }

        private static int awaits(Job job) {
            return job.state() == JobState.RUNNING && job.awaiting() != null ? 1 : 0;
        }

        private static boolean isClaimed(Job job) {
            return job.state() == JobState.RUNNING && !job.parked();
        }
    }

    /** The claim is not valid; nothing is written. */
    record Stale(JobId id) implements Decision {

        /** The error for its holder. */
        public StaleClaimException error() {
            return new StaleClaimException(id);
        }
    }

    /** The state of the job does not allow the move; nothing is written. */
    record Refused(IllegalTransitionException error) implements Decision {}

    /** There is nothing to do: the job does not exist, or the guard's condition no longer applies. */
    record Nothing() implements Decision {}

    /**
     * Decides a move.
     *
     * @param claimed the claim of the caller for {@link Guard#HOLDER}; otherwise null
     */
    static Decision of(JobId id, Snapshot known, Guard guard, @Nullable Job claimed, Transition move, Instant now) {
        Job job = known.job();
        if (guard == Guard.HOLDER && (claimed == null || !known.holds(claimed))) {
            return new Stale(id);
        } else if (job == null || isPast(guard, known, job, now)) {
            return new Nothing();
        }
        try {
            return step(job, move, now);
        } catch (IllegalTransitionException e) {
            return new Refused(e);
        }
    }

    /**
     * Applies a move unconditionally: for one that is recorded at another time than it was decided.
     *
     * @throws IllegalTransitionException if the state of the job does not allow it
     */
    static Step step(Job before, Transition move, Instant at) {
        Job.Step step = before.apply(move, at);
        boolean forgotten = move instanceof Transition.Cancel cancel && cancel.erased();
        return new Step(before, step.job(), step.event(), forgotten);
    }

    /** Whether the guard's condition does not apply, or not yet. */
    private static boolean isPast(Guard guard, Snapshot known, Job job, Instant now) {
        return switch (guard) {
            case ANYONE, HOLDER -> false;
            case LEASE_OUT -> job.state() != JobState.RUNNING || job.parked() || known.leased();
            case DEADLINE_PASSED -> {
                Instant overdue = job.overdueAt();
                yield overdue == null || overdue.isAfter(now);
            }
        };
    }
}
