package dev.sluice.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When a job is expected to start and to finish (RFC 9110, 15.3.3: what a 202 should let its reader know).
 *
 * @param finishBy by when it is finished in nine of ten cases; null where it was estimated by a version that did not say so
 */
public record Estimate(
        Instant startAt, Instant finishAt, @Nullable Instant finishBy) {

    /** An estimate without a bound. */
    public Estimate(Instant startAt, Instant finishAt) {
        this(startAt, finishAt, null);
    }
}
