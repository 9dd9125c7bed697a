package dev.sluice.journal.core.queue;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * The due jobs of one route that share a turn, in claim order; those that were called before are kept apart, so that a
 * cap on them costs no search. {@link #size} and {@link #ahead} are thread-safe.
 */
final class Turn extends WaitingHeap.Entry {

    static final int URGENCIES = 8;

    final long value;
    final RouteQueue route;

    /** The number of waiting jobs that refer to it, due or not. */
    int jobs;

    /** Where it is in the {@link TurnRing}. */
    long stamp;

    @Nullable
    WaitingHeap<Turn> ring;

    private final WaitingOrder fresh = new WaitingOrder();
    private @Nullable WaitingOrder retried;
    private final AtomicIntegerArray due = new AtomicIntegerArray(URGENCIES);

    Turn(long value, RouteQueue route) {
        this.value = value;
        this.route = route;
    }

    void add(WaitingJob job) {
        if (!job.retried) {
            fresh.add(job);
        } else {
            if (retried == null) {
                retried = new WaitingOrder();
            }
            retried.add(job);
        }
        due.setRelease(job.urgency, due.getPlain(job.urgency) + 1);
    }

    /** Removes a job that is in here. */
    void remove(WaitingJob job) {
        WaitingOrder again = retried;
        if (job.retried && again != null) {
            again.remove(job);
            retried = again.size() == 0 ? null : again;
        } else {
            fresh.remove(job);
        }
        due.setRelease(job.urgency, due.getPlain(job.urgency) - 1);
    }

    /** Returns the next job, or the next that was not called before; null if there is none. */
    @Nullable
    WaitingJob first(boolean retries) {
        WaitingJob one = fresh.first();
        WaitingJob other = retries && retried != null ? retried.first() : null;
        return one == null || (other != null && other.before(one)) ? other : one;
    }

    /** Returns how many of its jobs precede one of them. */
    int before(WaitingJob job) {
        return fresh.before(job) + (retried == null ? 0 : retried.before(job));
    }

    boolean hasFresh() {
        return fresh.size() > 0;
    }

    /** Returns the number of its due jobs. */
    int size() {
        return ahead(URGENCIES - 1);
    }

    /** Returns how many of its due jobs are at least as urgent. */
    int ahead(int urgency) {
        int ahead = 0;
        for (int i = 0; i <= Math.min(urgency, URGENCIES - 1); i++) {
            ahead += due.getAcquire(i);
        }
        return ahead;
    }

    /** Whether it comes before another one in the ring. */
    boolean before(Turn other) {
        return stamp < other.stamp;
    }
}
