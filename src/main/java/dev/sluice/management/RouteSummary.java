package dev.sluice.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.protection.BreakerReason;
import dev.sluice.protection.BreakerStatus;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A route as the list shows it.
 *
 * @param path pattern of its paths; null, like mode, backend and settings, for a route of the gateway's own
 * @param depth jobs that are neither finished nor running
 * @param delayed those of them that are not due yet
 * @param awaiting running jobs whose backend has taken the work over; null for none
 * @param oldest when the oldest of them was accepted; null if there is none
 * @param oldestAge seconds since then
 * @param limit concurrent attempts at most, at the moment
 * @param limitPer whether that limit is one of each node or of the cluster
 * @param limitMin the smallest limit, if it is found; else null
 * @param limitMax the largest one
 * @param breaker its circuit breaker on the node that is asked; null if it has none
 * @param paused whether an operator has paused it, when, and why
 * @param holds what its backend asked to be held back: at most 100, that of the whole route first; null if there is none
 * @param heldCallers how many callers' jobs are held; null for none
 * @param settings by their names in the configuration; null for the route of callbacks, which has none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record RouteSummary(
        String id,
        @Nullable String path,
        @Nullable String mode,
        @Nullable String backend,
        long depth,
        long delayed,
        long running,
        @Nullable Long awaiting,
        @Nullable String oldest,
        @Nullable Long oldestAge,
        int limit,
        String limitPer,
        @Nullable Integer limitMin,
        @Nullable Integer limitMax,
        PerSecond rates,
        @Nullable Breaker breaker,
        boolean paused,
        @Nullable String pausedAt,
        @Nullable String note,
        @Nullable List<HoldSummary> holds,
        @Nullable Long heldCallers,
        @Nullable Map<String, Object> settings) {

    /** All routes. */
    record Page(List<RouteSummary> routes) {}

    /** A circuit breaker; instants as texts. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Breaker(
            String state,
            @Nullable String reason,
            @Nullable String since,
            @Nullable String nextProbeAt,
            int calls,
            int failures) {

        static Breaker of(BreakerStatus status) {
            BreakerReason reason = status.reason();
            return new Breaker(
                    status.state().text(),
                    reason == null ? null : reason.text(),
                    text(status.since()),
                    text(status.nextProbeAt()),
                    status.calls(),
                    status.failures());
        }

        private static @Nullable String text(@Nullable Instant instant) {
            return instant == null ? null : ManagementJson.text(instant);
        }
    }

    /** How many a second, rounded to hundredths. */
    record PerSecond(BigDecimal accepted, BigDecimal attempts, BigDecimal finished) {

        static PerSecond of(Rates.Rate rate) {
            return new PerSecond(rounded(rate.accepted()), rounded(rate.attempts()), rounded(rate.finished()));
        }

        private static BigDecimal rounded(double value) {
            return BigDecimal.valueOf(value).setScale(2, RoundingMode.HALF_UP);
        }
    }
}
