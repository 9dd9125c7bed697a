package dev.sluice.journal.postgres;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * The database's time as this node knows it, so that nodes whose own clocks differ stamp what they make alike. It is off
 * by no more than half the time of the round trip that it was set by. Runs on by the processor's counter while the
 * database is away, and never looks at the machine's clock once it was set. For any thread.
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
     * Takes in what the database said; by one thread at a time.
     *
     * @param millis its time
     * @param asked {@link System#nanoTime} when it was asked
     * @param answered the same when it had answered
     */
    void set(long millis, long asked, long answered) {
        long error = (answered - asked) / 2;
        Reading next = new Reading(millis, asked + error);
        long off = millis - last.at(next.nanos());
        if (!isSet || Math.abs(off) > 1 + error / NANOS_PER_MILLI) {
            last = next; // what agrees within the error is kept: it is no better
            isSet = true;
        }
    }

    /** Whether the database has said what time it is. */
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
