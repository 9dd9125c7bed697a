package dev.sluice.queue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/** A timer that fires once, at the earliest instant it was set to. For the scheduler's thread only. */
final class Alarm {

    private final Scheduler scheduler;
    private final Clock clock;
    private final Runnable ring;

    private @Nullable Instant setTo;
    private Disposable timer = Disposables.disposed();

    Alarm(Scheduler scheduler, Clock clock, Runnable ring) {
        this.scheduler = scheduler;
        this.clock = clock;
        this.ring = ring;
    }

    /** Sets the timer, unless it fires earlier anyway: an extra check is cheaper than another timer. */
    void at(Instant instant) {
        if (setTo != null && !instant.isBefore(setTo)) {
            return;
        }
        timer.dispose();
        setTo = instant;
        long millis = Math.max(1, Duration.between(clock.instant(), instant).toMillis());
        timer = scheduler.schedule(this::ringNow, millis, TimeUnit.MILLISECONDS);
    }

    void off() {
        timer.dispose();
        setTo = null;
    }

    private void ringNow() {
        setTo = null;
        ring.run();
    }
}
