package dev.sluice.journal;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * A machine's clock that stands still until it is moved, and what else a process there measures time by: all of it goes on
 * together unless a test says otherwise. For any thread.
 */
public final class MutableClock extends Clock {

    private volatile Consumer<Instant> moved = instant -> {};
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-23T13:41:07.123Z"));
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong leaseNanos = new AtomicLong();

    /** Time passes and the process runs. */
    public void advance(Duration by) {
        nanos.addAndGet(by.toNanos());
        leaseNanos.addAndGet(by.toNanos());
        step(by);
    }

    /** Time passes and the process stands still. */
    public void standStill(Duration by) {
        nanos.addAndGet(by.toNanos());
        step(by);
    }

    /** The clock is set, by that much more or less; no time passes. */
    public void step(Duration by) {
        moved.accept(now.updateAndGet(instant -> instant.plus(by)));
    }

    /** The nanosecond source beside the clock. */
    public long nanos() {
        return nanos.get();
    }

    /** The nanoseconds for which the process ran. */
    public long leaseNanos() {
        return leaseNanos.get();
    }

    /** From now on somebody is told of each move before it counts as made. */
    public void onMove(Consumer<Instant> listener) {
        moved = listener;
    }

    @Override
    public Instant instant() {
        return now.get();
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
