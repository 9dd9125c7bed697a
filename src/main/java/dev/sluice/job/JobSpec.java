package dev.sluice.job;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a job that are settled at its acceptance and never change: what its client asked for, and what its
 * route said at that time. A new one is added here and in {@code journal.core.SpecCodec}; nothing between the handler
 * that sets it and its readers has to know it. Instants have millisecond precision.
 *
 * @param acceptedAt when the job was accepted
 * @param urgency 0 (most urgent) to 7 (RFC 9218)
 * @param maxAttempts how many tries it has, at least 1
 * @param keep how long it stays readable after its end
 * @param keepUntil if set, it stays readable at least until then, which is how long its idempotency key is held
 * @param estimate when it was expected to start and finish, as told at its acceptance, if that was known
 * @param deadline when it fails unless it has finished; null for none
 * @param redriveOf the failed job whose request it repeats, if it does
 * @param caller identifies who sent it, as an idempotency key tells callers apart: a keyed hash, 0 if it named nobody
 * @param turn identifies those that share a turn on a route with {@code fair-by}: a keyed hash of the value of that
 *     header field, 0 without one
 * @param client identifies whose unfinished job it is on a route that bounds those of a client: a keyed hash, 0 without
 *     such a bound
 * @param callback the URL that is told of its end; null for none
 * @param group the group that it belongs to; null for none
 */
public record JobSpec(
        Instant acceptedAt,
        int urgency,
        int maxAttempts,
        Duration keep,
        @Nullable Instant keepUntil,
        @Nullable Estimate estimate,
        @Nullable Instant deadline,
        @Nullable JobId redriveOf,
        long caller,
        long turn,
        long client,
        @Nullable String callback,
        @Nullable GroupId group) {

    /** The urgency of a request that names none (RFC 9218, 4.1). */
    public static final int DEFAULT_URGENCY = 3;

    /**
     * Creates a builder with the required attributes. The urgency is {@link #DEFAULT_URGENCY}; all others are absent or 0.
     */
    public static Builder builder(Instant acceptedAt, int maxAttempts, Duration keep) {
        return new Builder(acceptedAt, maxAttempts, keep);
    }

    /** Creates a builder with the attributes of this spec. */
    public Builder toBuilder() {
        return builder(acceptedAt, maxAttempts, keep)
                .urgency(urgency)
                .keepUntil(keepUntil)
                .estimate(estimate)
                .deadline(deadline)
                .redriveOf(redriveOf)
                .caller(caller)
                .turn(turn)
                .client(client)
                .callback(callback)
                .group(group);
    }

    /** Builds a spec. Not thread-safe. */
    public static final class Builder {

        private Instant acceptedAt;
        private int maxAttempts;
        private Duration keep;
        private int urgency = DEFAULT_URGENCY;
        private @Nullable Instant keepUntil;
        private @Nullable Estimate estimate;
        private @Nullable Instant deadline;
        private @Nullable JobId redriveOf;
        private long caller;
        private long turn;
        private long client;
        private @Nullable String callback;
        private @Nullable GroupId group;

        private Builder(Instant acceptedAt, int maxAttempts, Duration keep) {
            this.acceptedAt = acceptedAt;
            this.maxAttempts = maxAttempts;
            this.keep = keep;
        }

        public Builder acceptedAt(Instant value) {
            acceptedAt = value;
            return this;
        }

        public Builder maxAttempts(int value) {
            maxAttempts = value;
            return this;
        }

        public Builder keep(Duration value) {
            keep = value;
            return this;
        }

        public Builder urgency(int value) {
            urgency = value;
            return this;
        }

        public Builder keepUntil(@Nullable Instant value) {
            keepUntil = value;
            return this;
        }

        public Builder estimate(@Nullable Estimate value) {
            estimate = value;
            return this;
        }

        /** Adds the bound to the estimate, if there are both. */
        public Builder finishBy(@Nullable Instant value) {
            if (estimate != null) {
                estimate = new Estimate(estimate.startAt(), estimate.finishAt(), value);
            }
            return this;
        }

        public Builder deadline(@Nullable Instant value) {
            deadline = value;
            return this;
        }

        public Builder redriveOf(@Nullable JobId value) {
            redriveOf = value;
            return this;
        }

        public Builder caller(long value) {
            caller = value;
            return this;
        }

        public Builder turn(long value) {
            turn = value;
            return this;
        }

        public Builder client(long value) {
            client = value;
            return this;
        }

        public Builder callback(@Nullable String value) {
            callback = value;
            return this;
        }

        public Builder group(@Nullable GroupId value) {
            group = value;
            return this;
        }

        public JobSpec build() {
            return new JobSpec(
                    acceptedAt,
                    urgency,
                    maxAttempts,
                    keep,
                    keepUntil,
                    estimate,
                    deadline,
                    redriveOf,
                    caller,
                    turn,
                    client,
                    callback,
                    group);
        }
    }
}
