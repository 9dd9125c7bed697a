package dev.sluice.journal.core.queue;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parked jobs in memory, per route by when they are to be checked on. Confined to an adapter's writer, which fills it when it
 * opens. A job costs about 64 bytes of heap.
 */
public final class ParkedIndex {

    private static final int LEAST = 64;

    private final Map<String, WaitingHeap<Parked>> routes = new HashMap<>();
    private @Nullable Parked[] buckets = new Parked[LEAST];
    private int size;

    private static final class Parked extends WaitingHeap.Entry {

        private final WaitingHeap<Parked> route;
        private final long high;
        private final long low;
        private final long dueMillis;
        private @Nullable Parked next;

        Parked(Job job, WaitingHeap<Parked> route) {
            this.route = route;
            this.high = job.id().high();
            this.low = job.id().low();
            this.dueMillis = job.dueAt().toEpochMilli();
        }

        boolean is(JobId id) {
            return high == id.high() && low == id.low();
        }

        JobId id() {
            return new JobId(high, low);
        }

        boolean dueBefore(Parked other) {
            return dueMillis < other.dueMillis;
        }
    }

    /** Puts a parked job, in place of what was known of it. */
    public void put(Job job) {
        remove(job.id());
        if (size == buckets.length) {
            resize(buckets.length << 1);
        }
        WaitingHeap<Parked> route =
                routes.computeIfAbsent(job.route(), id -> new WaitingHeap<>((a, b) -> a.dueBefore(b)));
        Parked parked = new Parked(job, route);
        link(parked, buckets);
        route.add(parked);
        size++;
    }

    /** Removes a job, if it is there. */
    public void remove(JobId id) {
        int bucket = bucket(id.high(), id.low(), buckets.length);
        Parked before = null;
        for (Parked parked = buckets[bucket]; parked != null; before = parked, parked = parked.next) {
            if (parked.is(id)) {
                if (before == null) {
                    buckets[bucket] = parked.next;
                } else {
                    before.next = parked.next;
                }
                parked.route.remove(parked);
                size--;
                if (size < buckets.length >> 3 && buckets.length > LEAST) {
                    resize(buckets.length >> 1);
                }
                return;
            }
        }
    }

    /** Removes and returns the jobs of a route that are due, the earliest first, at most this many. */
    public List<JobId> take(String routeId, int most, Instant now) {
        List<JobId> taken = new ArrayList<>();
        WaitingHeap<Parked> route = routes.get(routeId);
        Parked first = route == null ? null : route.first();
        while (route != null && first != null && taken.size() < most && first.dueMillis <= now.toEpochMilli()) {
            taken.add(first.id());
            remove(first.id());
            first = route.first();
        }
        return taken;
    }

    /** Returns when the next job of a route is due; {@link Instant#MAX} if none is parked. */
    public Instant nextDue(String routeId) {
        WaitingHeap<Parked> route = routes.get(routeId);
        Parked first = route == null ? null : route.first();
        return first == null ? Instant.MAX : Instant.ofEpochMilli(first.dueMillis);
    }

    int size() {
        return size;
    }

    private void resize(int length) {
        @Nullable Parked[] target = new Parked[length];
        for (Parked first : buckets) {
            Parked parked = first;
            while (parked != null) {
                Parked next = parked.next;
                link(parked, target);
                parked = next;
            }
        }
        buckets = target;
    }

    private static void link(Parked parked, @Nullable Parked[] target) {
        int bucket = bucket(parked.high, parked.low, target.length);
        parked.next = target[bucket];
        target[bucket] = parked;
    }

    private static int bucket(long high, long low, int length) {
        long mixed = low ^ (low >>> 32) ^ high;
        return (int) (mixed ^ (mixed >>> 16)) & (length - 1);
    }
}
