package dev.sluice.journal.embedded;

import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Journal;
import dev.sluice.journal.core.JournalClocks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;

/** Opens journals in memory, for tests of every package. */
public final class MemoryJournals {

    private static final long BYTES = 256L << 20;

    private MemoryJournals() {}

    public static Journal open(Clock clock) {
        return new EmbeddedJournal(
                new MemoryStores(BYTES),
                JournalClocks.over(clock),
                JournalClocks.nanos(clock),
                FollowUps.NONE,
                new SimpleMeterRegistry());
    }
}
