package dev.sluice.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a job that change, as of its latest event.
 *
 * @param state its state
 * @param lastSeq the number of its latest event
 * @param fence rises with each claim; a holder with an older fence has lost the job
 * @param attempt the number of the latest call that the backend may have seen, including one that is under way
 * @param tries how many of the calls count against {@link JobSpec#maxAttempts}
 * @param dueAt when it may be started; of a parked job, when it is to be checked on
 * @param giveUpAt when it fails with what it last met if it is queued then; null unless what it last met uses up no try
 * @param startedAt when the latest attempt began
 * @param finishedAt when it reached its final state
 * @param progress the latest progress of the latest attempt; cleared when the next one begins and when the job succeeds
 * @param failure why the latest attempt, or the job, failed
 * @param result what the job keeps of the backend's final response
 * @param awaiting what a running job waits for whose backend has taken the work over; null for others
 * @param parked whether it is running and no node holds a claim of it; only with {@code awaiting}
 */
public record JobStatus(
        JobState state,
        long lastSeq,
        long fence,
        int attempt,
        int tries,
        Instant dueAt,
        @Nullable Instant giveUpAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable Progress progress,
        @Nullable Failure failure,
        @Nullable ResultInfo result,
        @Nullable Awaiting awaiting,
        boolean parked) {

    /** Returns the status of a newly accepted job: queued, with one event. */
    public static JobStatus accepted(Instant dueAt) {
        return builder(JobState.QUEUED, dueAt).build();
    }

    /**
     * Creates a builder with the required attributes. The latest event is the first one; all others are 0 or absent.
     */
    public static Builder builder(JobState state, Instant dueAt) {
        return new Builder(state, dueAt);
    }

    /** Creates a builder with the attributes of this status. */
    public Builder toBuilder() {
        return builder(state, dueAt)
                .lastSeq(lastSeq)
                .fence(fence)
                .attempt(attempt)
                .tries(tries)
                .giveUpAt(giveUpAt)
                .startedAt(startedAt)
                .finishedAt(finishedAt)
                .failure(failure)
                .progress(progress)
                .result(result)
                .awaiting(awaiting)
                .parked(parked);
    }

    /** Builds a status. Not thread-safe. */
    public static final class Builder {

        private JobState state;
        private long lastSeq = 1;
        private long fence;
        private int attempt;
        private int tries;
        private Instant dueAt;
        private @Nullable Instant giveUpAt;
        private @Nullable Instant startedAt;
        private @Nullable Instant finishedAt;
        private @Nullable Failure failure;
        private @Nullable Progress progress;
        private @Nullable ResultInfo result;
        private @Nullable Awaiting awaiting;
        private boolean parked;

        private Builder(JobState state, Instant dueAt) {
            this.state = state;
            this.dueAt = dueAt;
        }

        public Builder state(JobState value) {
            state = value;
            return this;
        }

        public Builder lastSeq(long value) {
            lastSeq = value;
            return this;
        }

        public Builder fence(long value) {
            fence = value;
            return this;
        }

        /** Sets the attempt, and the tries to the same. */
        public Builder attempt(int value) {
            attempt = value;
            tries = value;
            return this;
        }

        public Builder tries(int value) {
            tries = value;
            return this;
        }

        public Builder giveUpAt(@Nullable Instant value) {
            giveUpAt = value;
            return this;
        }

        public Builder dueAt(Instant value) {
            dueAt = value;
            return this;
        }

        public Builder startedAt(@Nullable Instant value) {
            startedAt = value;
            return this;
        }

        public Builder finishedAt(@Nullable Instant value) {
            finishedAt = value;
            return this;
        }

        public Builder failure(@Nullable Failure value) {
            failure = value;
            return this;
        }

        public Builder progress(@Nullable Progress value) {
            progress = value;
            return this;
        }

        public Builder result(@Nullable ResultInfo value) {
            result = value;
            return this;
        }

        public Builder awaiting(@Nullable Awaiting value) {
            awaiting = value;
            return this;
        }

        public Builder parked(boolean value) {
            parked = value;
            return this;
        }

        public JobStatus build() {
            return new JobStatus(
                    state,
                    lastSeq,
                    fence,
                    attempt,
                    tries,
                    dueAt,
                    giveUpAt,
                    startedAt,
                    finishedAt,
                    progress,
                    failure,
                    result,
                    awaiting,
                    parked);
        }
    }
}
