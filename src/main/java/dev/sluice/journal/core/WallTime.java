package dev.sluice.journal.core;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machine's clock without transient steps: the time is driven by the nanosecond source, and a step of the clock is
 * followed when it has lasted for {@link #HOLD}. Smaller differences, as of a clock that is slewed, are followed at
 * once. Times are nanoseconds of the Unix epoch. Not thread-safe.
 */
final class WallTime {

    /** How long a step must last before it is followed. */
    static final Duration HOLD = Duration.ofMinutes(10);

    /** The smallest difference that is a step. */
    static final Duration TOLERANCE = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(WallTime.class);

    private static final long HOLD_NANOS = HOLD.toNanos();
    private static final long TOLERANCE_NANOS = TOLERANCE.toNanos();
    private static final long WARNINGS_APART = Duration.ofMinutes(1).toNanos();

    private long offset; // between the time followed and the nanosecond source
    private @Nullable Step step;
    private long warnedAt;

    /** The offset of the clock since it differs. */
    private record Step(long offset, long since) {

        boolean holds(long seen) {
            return Math.abs(seen - offset) <= TOLERANCE_NANOS;
        }
    }

    WallTime(long nanos, long wall) {
        this.offset = wall - nanos;
        this.warnedAt = nanos - WARNINGS_APART;
    }

    /** Compares the two sources, read at the same moment; returns the time followed. */
    long look(long nanos, long wall) {
        long seen = wall - nanos;
        if (Math.abs(seen - offset) <= TOLERANCE_NANOS) {
            offset = seen;
            forgetStep();
        } else if (step == null || !step.holds(seen)) {
            step = new Step(seen, nanos);
            warn(nanos, seen - offset);
        } else if (nanos - step.since() >= HOLD_NANOS) {
            log.warn("The machine's clock has stayed {}: it is followed", by(seen - offset));
            offset = seen;
            step = null;
        } else {
            step = new Step(seen, step.since());
        }
        return nanos + offset;
    }

    /** Whether the clock differs from the time followed. */
    boolean differs() {
        return step != null;
    }

    private void forgetStep() {
        if (step != null) {
            log.info("The machine's clock tells the expected time again");
            step = null;
        }
    }

    private void warn(long nanos, long by) {
        if (nanos - warnedAt >= WARNINGS_APART) {
            warnedAt = nanos;
            log.warn(
                    "The machine's clock has jumped {}. It is not followed unless it stays so for {} minutes: delays,"
                            + " deadlines and retention go on as before",
                    by(by),
                    HOLD.toMinutes());
        }
    }

    private static String by(long nanos) {
        return (nanos < 0 ? "back by " : "ahead by ") + Duration.ofMillis(Math.abs(nanos) / 1_000_000);
    }
}
