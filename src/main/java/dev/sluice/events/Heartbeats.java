package dev.sluice.events;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/** Tells a stream regularly which of its readers are due for a heartbeat. */
final class Heartbeats {

    private final long heartbeat;
    private final Scheduler scheduler;
    private final LongConsumer beat;
    private final Disposable.Swap beats = Disposables.swap();

    /**
     * Creates heartbeats that have not begun.
     *
     * @param heartbeat the longest silence
     * @param beat called on the scheduler with the {@link #millis} since when nothing must have been sent for a heartbeat to be due
     */
    Heartbeats(Duration heartbeat, Scheduler scheduler, LongConsumer beat) {
        this.heartbeat = heartbeat.toMillis();
        this.scheduler = scheduler;
        this.beat = beat;
    }

    void start() {
        long tick = Math.max(1, heartbeat / 16);
        beats.update(scheduler.schedulePeriodically(
                () -> beat.accept(millis() - heartbeat + heartbeat / 16), tick, tick, TimeUnit.MILLISECONDS));
    }

    void stop() {
        beats.update(Disposables.disposed());
    }

    /** Monotonic milliseconds. */
    long millis() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
