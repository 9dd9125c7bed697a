package dev.sluice.journal.core.queue;

import dev.sluice.journal.Backlog.RouteBacklog;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/** How many jobs of a route wait and run. Modified by one thread; read by any. */
final class RouteCounts {

    private static final long NONE = Long.MIN_VALUE;

    private final AtomicLong depth = new AtomicLong();
    private final AtomicLong delayed = new AtomicLong();
    private final AtomicLong running = new AtomicLong();
    private final AtomicLong awaiting = new AtomicLong();
    private final AtomicLong oldest = new AtomicLong(NONE);
    private final AtomicLongArray due = new AtomicLongArray(Turn.URGENCIES);

    /** Counts due jobs of an urgency, or discounts them. */
    void due(int urgency, int change) {
        due.setRelease(urgency, due.getPlain(urgency) + change);
    }

    void running(int change) {
        running.setRelease(running.getPlain() + change);
    }

    void awaiting(int change) {
        awaiting.setRelease(awaiting.getPlain() + change);
    }

    /**
     * Publishes what waits.
     *
     * @param next the job that is claimed next; null if none is due
     */
    void waiting(long jobs, long notDue, @Nullable WaitingJob next) {
        oldest.setRelease(next == null ? NONE : next.acceptedMillis());
        delayed.setRelease(notDue);
        depth.setRelease(jobs);
    }

    boolean inUse() {
        return depth.getAcquire() > 0 || running.getAcquire() > 0 || awaiting.getAcquire() > 0;
    }

    /** Returns the number of due jobs that are at least as urgent. */
    long ahead(int urgency) {
        long ahead = 0;
        for (int i = 0; i <= Math.min(urgency, Turn.URGENCIES - 1); i++) {
            ahead += due.getAcquire(i);
        }
        return ahead;
    }

    RouteBacklog backlog() {
        long accepted = oldest.getAcquire();
        return new RouteBacklog(
                depth.getAcquire(),
                delayed.getAcquire(),
                running.getAcquire(),
                awaiting.getAcquire(),
                accepted == NONE ? null : Instant.ofEpochMilli(accepted));
    }
}
