package dev.sluice.protection;

import java.time.Duration;
import java.time.Instant;

/**
 * How many calls at once a backend gets that has just come back: two, and one more with each call that is answered, which
 * doubles the calls with each round trip; and twice as many every 10 s in any case, so that long calls and quiet routes do not
 * stay limited. A concurrency of {@code c} is reached after {@code log2(c) - 1} round trips, or as many times 10 s if that is
 * less. Not thread-safe.
 */
final class Ramp {

    /** After this time the limit is doubled even if no call was answered. */
    static final Duration STEP = Duration.ofSeconds(10);

    private int limit;
    private Instant nextStepAt = Instant.MAX;

    void begin(Instant now) {
        limit = 2;
        nextStepAt = now.plus(STEP);
    }

    void answered() {
        limit++;
    }

    /** The most calls at once. */
    int limit(Instant now) {
        if (!now.isBefore(nextStepAt)) {
            limit = (int) Math.min(Integer.MAX_VALUE, 2L * limit);
            nextStepAt = now.plus(STEP);
        }
        return limit;
    }

    /** When the limit rises by itself. */
    Instant nextStepAt() {
        return nextStepAt;
    }
}
