package dev.sluice.journal.postgres;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * This node's estimate of the database's time, so that nodes with different clocks produce consistent timestamps. Its
 * error is at most half the round trip by which it was set. It is driven by {@link System#nanoTime} while the database
 * is unavailable, and never reads the machine's clock once it is set. Thread-safe.
 */
final class DatabaseClock extends Clock {

    private static final long NANOS_PER_MILLI = 1_000_000;

    /** A reading of the database's clock and of the counter at the same moment. */
    private record Reading(long millis, long nanos) {

        long at(long counter) {
            return millis + (counter - nanos) / NANOS_PER_MILLI;
        }
    }

    private volatile Reading last = new Reading(System.currentTimeMillis(), System.nanoTime());
    private volatile boolean isSet;

    /**
     * Sets the clock; by one thread at a time.
     *
     * @param millis its time
     * @param asked {@link System#nanoTime} before the query
     * @param answered {@link System#nanoTime} after the query
     */
    void set(long millis, long asked, long answered) {
        long error = (answered - asked) / 2;
        Reading next = new Reading(millis, asked + error);
        long off = millis - last.at(next.nanos());
        if (!isSet || Math.abs(off) > 1 + error / NANOS_PER_MILLI) {
            last = next; // a reading within the error is no better
            isSet = true;
        }
    }

    /** Whether the clock has been set. */
    boolean isSet() {
        return isSet;
    }

    @Override
    public long millis() {
        return last.at(System.nanoTime());
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis());
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return zone.equals(ZoneOffset.UTC) ? this : new Zoned(this, zone);
    }

    private static final class Zoned extends Clock {
        private final DatabaseClock time;
        private final ZoneId zone;

        Zoned(DatabaseClock time, ZoneId zone) {
            this.time = time;
            this.zone = zone;
        }

        @Override
        public Instant instant() {
            return time.instant();
        }

        @Override
        public ZoneId getZone() {
            return zone;
        }

        @Override
        public Clock withZone(ZoneId other) {
            return time.withZone(other);
        }
    }
}
