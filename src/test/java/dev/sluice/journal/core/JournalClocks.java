package dev.sluice.journal.core;

import java.time.Clock;
import java.time.Instant;
import java.util.function.LongSupplier;

/** Times of a journal for tests of every package, over one clock that the nanoseconds pass with. */
public final class JournalClocks {

    private JournalClocks() {}

    public static JournalClock over(Clock clock) {
        return new JournalClock(clock, nanos(clock));
    }

    /** Nanoseconds that pass with a clock. */
    public static LongSupplier nanos(Clock clock) {
        return () -> {
            Instant now = clock.instant();
            return now.getEpochSecond() * 1_000_000_000L + now.getNano();
        };
    }
}
