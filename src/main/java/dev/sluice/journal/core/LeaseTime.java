package dev.sluice.journal.core;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * The time by which leases of an embedded journal expire, in nanoseconds: it advances only while this process runs. A
 * process that was paused for longer than a lease (stopped, suspended, in a garbage collection) still has its claims
 * when it resumes, because no other can have taken them; a lease that is not renewed while the process runs does
 * expire.
 *
 * <p>It is advanced every {@link #TICK}, by at most {@link #LONGEST}: even the shortest lease, 3 s, renewed each
 * second, leaves time for the renewal after the pause. Thread-safe.
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

    /** Creates a time that starts at zero and advances until closed, by a short task on the scheduler. */
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
