package dev.sluice.queue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/** One timer that rings once at the earliest instant it was set to. Belongs to the scheduler's one thread. */
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

    /** Sets it, unless it rings earlier anyhow: looking once too often is cheaper than setting it anew each time. */
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
