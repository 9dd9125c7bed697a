package dev.sluice.journal.core;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import dev.sluice.journal.StaleClaimException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a move: a pure function of the job as it stands, of who wants to move it and of the move. An engine reads
 * the job, asks {@link #of}, and writes what the decision says; everything else that follows from a move, what to count and
 * whom to tell, is read off the {@link Step}.
 */
public sealed interface Decision {

    /** On what a move depends beside the job's state. */
    enum Guard {
        /** On nothing: a cancellation, or what a backend says of its job. */
        ANYONE,
        /** On the claim of who makes it: its fence is the job's, and its lease has not run out. */
        HOLDER,
        /** On a lease that has run out: the attempt is lost. */
        LEASE_OUT,
        /** On a deadline that has passed. */
        DEADLINE_PASSED
    }

    /**
     * What is known of a job when a move of it is decided.
     *
     * @param job as it stands; null if there is none, or no longer
     * @param leased whether the lease of the claim that it runs under has not run out; does not matter if it does not run
     */
    record Snapshot(@Nullable Job job, boolean leased) {

        /** Whether this claim of the job holds. */
        public boolean holds(Job claimed) {
            return job != null && leased && job.state() == JobState.RUNNING && job.fence() == claimed.fence();
        }
    }

    /** The move is made; job and event are to be written together. */
    record Step(Job before, Job after, JobEvent event) implements Decision {

        /** By how much more jobs of the route run: 1, 0 or −1. */
        public int running() {
            return runs(after) - runs(before);
        }

        /** Whether the job waited and no longer does. */
        public boolean leavesQueue() {
            return before.state() == JobState.QUEUED && after.state() != JobState.QUEUED;
        }

        /** Whether the job waits from now on. */
        public boolean entersQueue() {
            return before.state() != JobState.QUEUED && after.state() == JobState.QUEUED;
        }

        /** Whether this is the job's end: its deadline no longer matters, its retention begins, its credentials go. */
        public boolean ends() {
            return after.state().finished();
        }

        private static int runs(Job job) {
            return job.state() == JobState.RUNNING ? 1 : 0;
        }
    }

    /** The claim does not hold; nothing is written. */
    record Stale(JobId id) implements Decision {

        /** What its holder is told. */
        public StaleClaimException error() {
            return new StaleClaimException(id);
        }
    }

    /** The state of the job does not allow the move; nothing is written. */
    record Refused(IllegalTransitionException error) implements Decision {}

    /** There is nothing to move: no such job, or what was to be noticed is no longer so. */
    record Nothing() implements Decision {}

    /**
     * Decides a move.
     *
     * @param claimed the claim of who makes it, for {@link Guard#HOLDER}; null for the others
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
     * What a move leads to, whoever makes it: for one that is recorded at another time than it was decided at.
     *
     * @throws IllegalTransitionException if the state of the job does not allow it
     */
    static Step step(Job before, Transition move, Instant at) {
        Job.Step step = before.apply(move, at);
        return new Step(before, step.job(), step.event());
    }

    /** Whether what was to be noticed is no longer, or not yet, so. */
    private static boolean isPast(Guard guard, Snapshot known, Job job, Instant now) {
        return switch (guard) {
            case ANYONE, HOLDER -> false;
            case LEASE_OUT -> job.state() != JobState.RUNNING || known.leased();
            case DEADLINE_PASSED -> {
                Instant deadline = job.spec().deadline();
                yield job.state().finished() || deadline == null || deadline.isAfter(now);
            }
        };
    }
}
