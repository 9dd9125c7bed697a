package dev.sluice.journal.core.queue;

import dev.sluice.journal.Backlog.RouteBacklog;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The waiting jobs of one route: the due ones in claim order, the delayed ones by due time. Accessed under the lock of
 * the {@link DueIndex} only, except {@link #backlog}, {@link #ahead} and {@link #inUse}, which are thread-safe.
 */
final class RouteQueue {

    private static final long NONE = Long.MIN_VALUE;
    private static final int URGENCIES = 8;

    private final WaitingOrder ready = new WaitingOrder();
    private final WaitingHeap delayed = new WaitingHeap(WaitingJob::dueBefore);

    private final AtomicLong depthSeen = new AtomicLong();
    private final AtomicLong delayedSeen = new AtomicLong();
    private final AtomicLong running = new AtomicLong();
    private final AtomicLong oldestSeen = new AtomicLong(NONE);
    private final AtomicLongArray readySeen = new AtomicLongArray(URGENCIES);

    void add(WaitingJob job, long nowMillis) {
        if (job.dueMillis <= nowMillis) {
            ready(job);
        } else {
            delayed.add(job);
        }
        publish();
    }

    void remove(WaitingJob job) {
        if (job.slot == WaitingJob.READY) {
            ready.remove(job);
            count(job, -1);
        } else {
            delayed.remove(job);
        }
        publish();
    }

    /** Promotes the delayed jobs that have become due. */
    void advance(long nowMillis) {
        boolean moved = false;
        for (WaitingJob job = delayed.first(); job != null && job.dueMillis <= nowMillis; job = delayed.first()) {
            delayed.remove(job);
            ready(job);
            moved = true;
        }
        if (moved) {
            publish();
        }
    }

    /** Returns the due job that is next in turn. */
    @Nullable
    WaitingJob first() {
        return ready.first();
    }

    /** Returns the position of a job among the due ones, from 1; 0 if it is not due yet. */
    long position(WaitingJob job) {
        return job.slot == WaitingJob.READY ? 1L + ready.before(job) : 0;
    }

    Instant nextDue() {
        WaitingJob next = delayed.first();
        return next == null || next.dueMillis == Long.MAX_VALUE ? Instant.MAX : Instant.ofEpochMilli(next.dueMillis);
    }

    void running(long change) {
        running.setRelease(running.getPlain() + change);
    }

    boolean inUse() {
        return depthSeen.getAcquire() > 0 || running.getAcquire() > 0;
    }

    RouteBacklog backlog() {
        long oldest = oldestSeen.getAcquire();
        return new RouteBacklog(
                depthSeen.getAcquire(),
                delayedSeen.getAcquire(),
                running.getAcquire(),
                oldest == NONE ? null : Instant.ofEpochMilli(oldest));
    }

    /** Returns the number of due jobs that are at least as urgent. */
    long ahead(int urgency) {
        long ahead = 0;
        for (int i = 0; i <= Math.min(urgency, URGENCIES - 1); i++) {
            ahead += readySeen.getAcquire(i);
        }
        return ahead;
    }

    private void ready(WaitingJob job) {
        job.slot = WaitingJob.READY;
        ready.add(job);
        count(job, 1);
    }

    private void count(WaitingJob job, int change) {
        readySeen.setRelease(job.urgency, readySeen.getPlain(job.urgency) + change);
    }

    private void publish() {
        WaitingJob first = ready.first();
        oldestSeen.setRelease(first == null ? NONE : first.acceptedMillis());
        delayedSeen.setRelease(delayed.size());
        depthSeen.setRelease(ready.size() + (long) delayed.size());
    }
}
