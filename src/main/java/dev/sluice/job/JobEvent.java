package dev.sluice.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a job. Events of a job are numbered 1, 2, 3, … without a gap; the last is always a
 * {@link Finished}.
 */
public sealed interface JobEvent {

    JobId job();

    /** The id of the route that took the job. */
    String route();

    /** The number of the event in its job, from 1. */
    long seq();

    Instant at();

    /** The event's name as clients see it. */
    String name();

    record Accepted(
            JobId job, Instant at, String route, @Nullable Estimate estimate) implements JobEvent {
        @Override
        public long seq() {
            return 1;
        }

        @Override
        public String name() {
            return "accepted";
        }
    }

    /**
     * An attempt began.
     *
     * @param attempt its number, from 1
     */
    record Started(JobId job, String route, long seq, Instant at, int attempt) implements JobEvent {
        @Override
        public String name() {
            return "started";
        }
    }

    /**
     * The backend reported progress.
     *
     * @param further what else it said: a JSON object on one line, which has no member of a name that every event has;
     *     null if nothing
     */
    record Reported(
            JobId job,
            String route,
            long seq,
            Instant at,
            Progress progress,
            @Nullable String further) implements JobEvent {
        @Override
        public String name() {
            return "progress";
        }
    }

    /** A piece of a streamed response arrived. If the response breaks off, the next attempt begins from the start. */
    record Emitted(JobId job, String route, long seq, Instant at, Output output) implements JobEvent {
        @Override
        public String name() {
            return "output";
        }
    }

    record Requeued(
            JobId job,
            String route,
            long seq,
            Instant at,
            RequeueReason reason,
            Instant nextAttemptAt,
            @Nullable Failure failure)
            implements JobEvent {
        @Override
        public String name() {
            return "requeued";
        }
    }

    /** The job reached its final state, which is in the job. */
    record Finished(Job outcome) implements JobEvent {
        public Finished {
            if (!outcome.state().finished()) {
                throw new IllegalArgumentException("job " + outcome.id() + " is " + outcome.state());
            }
        }

        @Override
        public JobId job() {
            return outcome.id();
        }

        @Override
        public String route() {
            return outcome.route();
        }

        @Override
        public long seq() {
            return outcome.lastSeq();
        }

        @Override
        public Instant at() {
            return java.util.Objects.requireNonNull(outcome.finishedAt());
        }

        @Override
        public String name() {
            return outcome.state().text();
        }
    }
}
