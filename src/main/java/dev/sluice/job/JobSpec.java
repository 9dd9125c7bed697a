package dev.sluice.job;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is settled at a job's acceptance and never changes: what its client asked for, what its route said at that time.
 * An attribute is added here, with its place in the stored form in {@code journal.core.SpecCodec}, and passed on
 * unseen by everything between the handler that sets it and those that read it. Times are in milliseconds.
 *
 * @param acceptedAt when the job was accepted
 * @param urgency 0 (most urgent) to 7 (RFC 9218)
 * @param maxAttempts how many tries it has, at least 1
 * @param keep how long it stays readable after its end
 * @param keepUntil it stays readable at least until then, if set: as long as its idempotency key is promised to hold
 * @param estimate when it was expected to start and finish, as told at its acceptance, if that was known
 * @param deadline if it is not finished by then it fails; null for never
 * @param redriveOf the failed job whose request it repeats, if it does
 */
public record JobSpec(
        Instant acceptedAt,
        int urgency,
        int maxAttempts,
        Duration keep,
        @Nullable Instant keepUntil,
        @Nullable Estimate estimate,
        @Nullable Instant deadline,
        @Nullable JobId redriveOf) {

    /** The urgency of a request that names none (RFC 9218, 4.1). */
    public static final int DEFAULT_URGENCY = 3;

    /** Begins with what every job has. All else is missing, and the urgency is {@link #DEFAULT_URGENCY}. */
    public static Builder builder(Instant acceptedAt, int maxAttempts, Duration keep) {
        return new Builder(acceptedAt, maxAttempts, keep);
    }

    /** Begins with the attributes of this one. */
    public Builder toBuilder() {
        return builder(acceptedAt, maxAttempts, keep)
                .urgency(urgency)
                .keepUntil(keepUntil)
                .estimate(estimate)
                .deadline(deadline)
                .redriveOf(redriveOf);
    }

    /** Sets attributes by name. For one thread. */
    public static final class Builder {

        private Instant acceptedAt;
        private int maxAttempts;
        private Duration keep;
        private int urgency = DEFAULT_URGENCY;
        private @Nullable Instant keepUntil;
        private @Nullable Estimate estimate;
        private @Nullable Instant deadline;
        private @Nullable JobId redriveOf;

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

        public Builder deadline(@Nullable Instant value) {
            deadline = value;
            return this;
        }

        public Builder redriveOf(@Nullable JobId value) {
            redriveOf = value;
            return this;
        }

        public JobSpec build() {
            return new JobSpec(acceptedAt, urgency, maxAttempts, keep, keepUntil, estimate, deadline, redriveOf);
        }
    }
}
