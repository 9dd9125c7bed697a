package dev.sluice.journal.core;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/** A machine's clock and its nanosecond source, which go on together or apart, as a test has them. */
final class Sources extends Clock implements LongSupplier {

    static final Instant BEGIN = Instant.parse("2026-11-23T13:41:07.123Z");

    private Instant wall = BEGIN;
    private long nanos = Long.MAX_VALUE - 5_000_000_000L; // it may overflow

    void pass(Duration time) {
        stepWall(time);
        passNanos(time);
    }

    void stepWall(Duration by) {
        wall = wall.plus(by);
    }

    void passNanos(Duration time) {
        nanos += time.toNanos();
    }

    @Override
    public long getAsLong() {
        return nanos;
    }

    @Override
    public Instant instant() {
        return wall;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("tests need no zone");
    }
}
