package dev.sluice.journal.core.queue;

import dev.sluice.job.JobId;
import org.jspecify.annotations.Nullable;

/** A hash table of waiting jobs by id with intrusive chains: costs 4 to 8 bytes per entry. */
final class WaitingTable {

    private static final int LEAST = 64;

    private @Nullable WaitingJob[] buckets = new WaitingJob[LEAST];
    private int size;

    /** Those that are not in a bucket yet, as one chain. */
    private @Nullable WaitingJob deferred;

    int size() {
        return size;
    }

    @Nullable
    WaitingJob get(JobId id) {
        WaitingJob job = buckets[bucket(id.high(), id.low(), buckets.length)];
        while (job != null && !job.is(id)) {
            job = job.next;
        }
        return job;
    }

    /** Adds one that is not in the table. */
    void add(WaitingJob job) {
        if (size == buckets.length) {
            resize(buckets.length << 1);
        }
        link(job, buckets);
        size++;
    }

    /**
     * Adds one that is not in the table, without a bucket until {@link #linkDeferred}. For very many at once: the table grows
     * once, and not again and again with all that it has.
     */
    void defer(WaitingJob job) {
        job.next = deferred;
        deferred = job;
        size++;
    }

    /** Puts what was deferred into buckets. */
    void linkDeferred() {
        int length = buckets.length;
        while (length < size) {
            length <<= 1;
        }
        if (length > buckets.length) {
            resize(length);
        }
        WaitingJob job = deferred;
        deferred = null;
        while (job != null) {
            WaitingJob next = job.next;
            link(job, buckets);
            job = next;
        }
    }

    @Nullable
    WaitingJob remove(JobId id) {
        int bucket = bucket(id.high(), id.low(), buckets.length);
        WaitingJob before = null;
        for (WaitingJob job = buckets[bucket]; job != null; before = job, job = job.next) {
            if (job.is(id)) {
                unlink(job, before, bucket);
                return job;
            }
        }
        return null;
    }

    private void unlink(WaitingJob job, @Nullable WaitingJob before, int bucket) {
        if (before == null) {
            buckets[bucket] = job.next;
        } else {
            before.next = job.next;
        }
        job.next = null;
        size--;
        if (size < buckets.length >> 3 && buckets.length > LEAST) {
            resize(buckets.length >> 1);
        }
    }

    private void resize(int length) {
        @Nullable WaitingJob[] target = new WaitingJob[length];
        for (WaitingJob first : buckets) {
            WaitingJob job = first;
            while (job != null) {
                WaitingJob next = job.next;
                link(job, target);
                job = next;
            }
        }
        buckets = target;
    }

    private static void link(WaitingJob job, @Nullable WaitingJob[] target) {
        int bucket = bucket(job.high, job.low, target.length);
        job.next = target[bucket];
        target[bucket] = job;
    }

    /** Ids have 80 random bits; folding them is a sufficient hash. */
    private static int bucket(long high, long low, int length) {
        long mixed = low ^ (low >>> 32) ^ high;
        return (int) (mixed ^ (mixed >>> 16)) & (length - 1);
    }
}
