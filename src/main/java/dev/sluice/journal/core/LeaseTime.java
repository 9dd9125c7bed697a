package dev.sluice.journal.core;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * The time by which leases of an embedded journal run out, in nanoseconds: it passes only while this process runs. A
 * process that was stopped, its machine suspended or its heap collected for longer than a lease still has its claims when
 * it goes on, because nobody else can have taken them; a lease that nobody renews while it runs still runs out.
 *
 * <p>It is looked at every {@link #TICK}, and the time between two looks counts at most {@link #LONGEST}: with the shortest
 * lease there may be, 3 s, whose holder renews it each second, there is time left for the renewal after the pause. For any
 * thread.
 */
public final class LeaseTime implements LongSupplier, AutoCloseable {

    static final Duration TICK = Duration.ofMillis(500);
    static final Duration LONGEST = Duration.ofSeconds(1);

    private static final long LONGEST_NANOS = LONGEST.toNanos();

    private final LongSupplier nanos;
    private volatile Disposable ticking = Disposables.disposed();
    private long seen;
    private long passed;

    LeaseTime(LongSupplier nanos) {
        this.nanos = nanos;
        this.seen = nanos.getAsLong();
    }

    /** Begins at zero and goes on until it is closed; a task that is short is run on the scheduler for that. */
    public static LeaseTime on(Scheduler scheduler) {
        return on(scheduler, System::nanoTime);
    }

    static LeaseTime on(Scheduler scheduler, LongSupplier nanos) {
        LeaseTime time = new LeaseTime(nanos);
        time.ticking = scheduler.schedulePeriodically(
                time::getAsLong, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
        return time;
    }

    @Override
    public synchronized long getAsLong() {
        long now = nanos.getAsLong();
        passed += Math.max(0, Math.min(LONGEST_NANOS, now - seen));
        seen = now;
        return passed;
    }

    @Override
    public void close() {
        ticking.dispose();
    }
}
