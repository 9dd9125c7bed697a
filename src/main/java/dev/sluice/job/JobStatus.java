package dev.sluice.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What of a job changes: where it stands after its latest event.
 *
 * @param state where it is on its way
 * @param lastSeq the number of its latest event
 * @param fence rises each time the job is claimed; whoever holds an older one has lost it
 * @param attempt the number of attempts begun that count as tries
 * @param dueAt it is not started before then
 * @param startedAt when the latest attempt began
 * @param finishedAt when it reached its final state
 * @param progress what the backend last said of the latest attempt; dropped when the next one begins, and when the job
 *     succeeds, for then it says nothing that the state does not
 * @param failure why the latest attempt, or the job, failed
 * @param result what the backend finally answered
 */
public record JobStatus(
        JobState state,
        long lastSeq,
        long fence,
        int attempt,
        Instant dueAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable Progress progress,
        @Nullable Failure failure,
        @Nullable ResultInfo result) {

    /** That of a job that was accepted: it waits and has one event. */
    public static JobStatus accepted(Instant dueAt) {
        return builder(JobState.QUEUED, dueAt).build();
    }

    /** Begins with what every status has. The latest event is the first one; all else is 0 or missing. */
    public static Builder builder(JobState state, Instant dueAt) {
        return new Builder(state, dueAt);
    }

    /** Begins with this one. */
    public Builder toBuilder() {
        return builder(state, dueAt)
                .lastSeq(lastSeq)
                .fence(fence)
                .attempt(attempt)
                .startedAt(startedAt)
                .finishedAt(finishedAt)
                .failure(failure)
                .progress(progress)
                .result(result);
    }

    /** Sets what changed, by name. For one thread. */
    public static final class Builder {

        private JobState state;
        private long lastSeq = 1;
        private long fence;
        private int attempt;
        private Instant dueAt;
        private @Nullable Instant startedAt;
        private @Nullable Instant finishedAt;
        private @Nullable Failure failure;
        private @Nullable Progress progress;
        private @Nullable ResultInfo result;

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

        public Builder attempt(int value) {
            attempt = value;
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

        public JobStatus build() {
            return new JobStatus(
                    state, lastSeq, fence, attempt, dueAt, startedAt, finishedAt, progress, failure, result);
        }
    }
}
