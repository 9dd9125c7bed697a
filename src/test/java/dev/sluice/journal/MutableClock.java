package dev.sluice.journal;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** A clock that stands still until it is moved, for any thread. */
public final class MutableClock extends Clock {

    private volatile Consumer<Instant> moved = instant -> {};
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-23T13:41:07.123Z"));

    public void advance(Duration by) {
        moved.accept(now.updateAndGet(instant -> instant.plus(by)));
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
