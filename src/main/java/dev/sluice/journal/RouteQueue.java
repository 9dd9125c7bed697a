package dev.sluice.journal;

import dev.sluice.journal.Backlog.RouteBacklog;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The waiting jobs of one route: those that are due in the order of their turn, the others by when they become due.
 * Changed by the owner of the {@link DueIndex} only; {@link #backlog} is for any thread.
 */
final class RouteQueue {

    private static final long NONE = Long.MIN_VALUE;

    private final WaitingHeap ready = new WaitingHeap(WaitingJob::before);
    private final WaitingHeap delayed = new WaitingHeap(WaitingJob::dueBefore);

    private final AtomicLong depthSeen = new AtomicLong();
    private final AtomicLong delayedSeen = new AtomicLong();
    private final AtomicLong running = new AtomicLong();
    private final AtomicLong oldestSeen = new AtomicLong(NONE);

    void add(WaitingJob job, long nowMillis) {
        (job.dueMillis <= nowMillis ? ready : delayed).add(job);
        publish();
    }

    void remove(WaitingJob job) {
        (ready.holds(job) ? ready : delayed).remove(job);
        publish();
    }

    /** Moves what has become due to those whose turn comes. */
    void advance(long nowMillis) {
        boolean moved = false;
        for (WaitingJob job = delayed.first(); job != null && job.dueMillis <= nowMillis; job = delayed.first()) {
            delayed.remove(job);
            ready.add(job);
            moved = true;
        }
        if (moved) {
            publish();
        }
    }

    /** Whose turn it is, of those that are due. */
    @Nullable
    WaitingJob first() {
        return ready.first();
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

    private void publish() {
        WaitingJob first = ready.first();
        oldestSeen.setRelease(first == null ? NONE : first.acceptedMillis());
        delayedSeen.setRelease(delayed.size());
        depthSeen.setRelease(ready.size() + (long) delayed.size());
    }
}
