package dev.sluice.flow;

import dev.sluice.journal.core.JournalClock;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicLong;

/** The time as it passes, and as much more as a test lets pass at once. */
final class JumpingClock extends Clock {

    private final Clock wall = Clock.systemUTC();
    private final AtomicLong ahead = new AtomicLong();

    void pass(Duration time) {
        ahead.addAndGet(time.toNanos());
    }

    /** The clock of a journal for which that time passes. */
    JournalClock ofJournal() {
        return new JournalClock(this, () -> System.nanoTime() + ahead.get());
    }

    @Override
    public Instant instant() {
        return wall.instant().plusNanos(ahead.get());
    }

    @Override
    public ZoneId getZone() {
        return wall.getZone();
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("tests need no zone");
    }
}
