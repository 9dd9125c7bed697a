package dev.sluice.job;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Many jobs watched as one, as of its latest event. A group takes jobs until it is closed; it is finished when it is closed and
 * all its jobs are finished, and then never changes again.
 *
 * @param id its id
 * @param spec what was settled when it was created
 * @param lastSeq the number of its latest event, from 1: events of its jobs but {@code output}, and its own, count together
 * @param joinedAt when the latest job joined, or the group was created
 * @param closedAt when it was closed; null while it is open
 * @param finishedAt when it finished; null before that
 * @param counts its jobs by state
 */
public record Group(
        GroupId id,
        Spec spec,
        long lastSeq,
        Instant joinedAt,
        @Nullable Instant closedAt,
        @Nullable Instant finishedAt,
        Counts counts) {

    /** How long a group that no job has joined is kept at most when it has finished: there is nothing to be looked up in it. */
    public static final Duration KEPT_EMPTY = Duration.ofHours(1);

    /**
     * What is settled at the creation.
     *
     * @param createdAt when it was created
     * @param label what its creator calls it, at most 200 characters; null for none
     * @param size with how many jobs it closes itself; 0 if it does not
     * @param keep how long it stays readable after its end
     * @param callback the URL that is told of its end; null for none
     */
    public record Spec(
            Instant createdAt,
            @Nullable String label,
            int size,
            Duration keep,
            @Nullable String callback) {}

    /** Jobs by state, erased ones included. */
    public record Counts(long queued, long running, long succeeded, long failed, long cancelled) {

        /** No jobs. */
        public static final Counts NONE = new Counts(0, 0, 0, 0, 0);

        /** All jobs. */
        public long total() {
            return unfinished() + finished();
        }

        /** The jobs that are queued or running. */
        public long unfinished() {
            return queued + running;
        }

        /** The jobs that have ended. */
        public long finished() {
            return succeeded + failed + cancelled;
        }

        /** The counts with one more job in a state. */
        public Counts plus(JobState state) {
            return add(state, 1);
        }

        /** The counts after a job has moved from one state to another. */
        public Counts moved(JobState from, JobState to) {
            return from == to ? this : add(from, -1).add(to, 1);
        }

        private Counts add(JobState state, int n) {
            return switch (state) {
                case QUEUED -> new Counts(queued + n, running, succeeded, failed, cancelled);
                case RUNNING -> new Counts(queued, running + n, succeeded, failed, cancelled);
                case SUCCEEDED -> new Counts(queued, running, succeeded + n, failed, cancelled);
                case FAILED -> new Counts(queued, running, succeeded, failed + n, cancelled);
                case CANCELLED -> new Counts(queued, running, succeeded, failed, cancelled + n);
            };
        }
    }

    /** The states of a group as clients see them. */
    public enum State {
        /** It takes jobs. */
        OPEN,
        /** It takes no more jobs, and some are unfinished. */
        CLOSED,
        /** It is closed and all its jobs are finished. */
        FINISHED
    }

    /** The group after a job has joined it. */
    public Group joined(Instant now) {
        return new Group(id, spec, lastSeq + 1, now, closedAt, finishedAt, counts.plus(JobState.QUEUED));
    }

    /** The group after an event of one of its jobs. */
    public Group moved(JobState from, JobState to) {
        return new Group(id, spec, lastSeq + 1, joinedAt, closedAt, finishedAt, counts.moved(from, to));
    }

    /** The group when it has been closed. */
    public Group closed(Instant now) {
        return new Group(id, spec, lastSeq + 1, joinedAt, now, finishedAt, counts);
    }

    /** The group when it has finished. */
    public Group finished(Instant now) {
        return new Group(id, spec, lastSeq + 1, joinedAt, closedAt, now, counts);
    }

    /** Whether it is closed, has not finished, and all its jobs have. */
    public boolean ends() {
        return closedAt != null && finishedAt == null && counts.unfinished() == 0;
    }

    /** Whether as many jobs have joined as it takes. */
    public boolean full() {
        return spec.size() > 0 && counts.total() >= spec.size();
    }

    /** Returns its state. */
    public State state() {
        return finishedAt != null ? State.FINISHED : closedAt != null ? State.CLOSED : State.OPEN;
    }

    /** When a finished group may be erased; null while it is unfinished. One that no job has joined is not kept for long. */
    public @Nullable Instant expiresAt() {
        if (finishedAt == null) {
            return null;
        }
        boolean brief = counts.total() == 0 && spec.keep().compareTo(KEPT_EMPTY) > 0;
        return finishedAt.plus(brief ? KEPT_EMPTY : spec.keep());
    }

    /** Whether its retention has ended, whether or not it has been erased. */
    public boolean expired(Instant now) {
        Instant expiry = expiresAt();
        return expiry != null && !expiry.isAfter(now);
    }
}
