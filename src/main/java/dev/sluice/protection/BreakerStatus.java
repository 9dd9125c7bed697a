package dev.sluice.protection;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker as operators see it.
 *
 * @param reason why it is not closed; null if it is
 * @param since when it opened, or closed after that; null if it never opened since the start of this node
 * @param nextProbeAt when it will be found out whether the backend is back; null unless the breaker is open and waiting
 * @param calls how many calls it looks back on, at most 100
 * @param failures how many of them failed
 */
public record BreakerStatus(
        BreakerState state,
        @Nullable BreakerReason reason,
        @Nullable Instant since,
        @Nullable Instant nextProbeAt,
        int calls,
        int failures) {

    /** That of a route none of whose calls has ended yet. */
    public static final BreakerStatus NEW = new BreakerStatus(BreakerState.CLOSED, null, null, null, 0, 0);
}
