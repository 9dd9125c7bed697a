package dev.sluice.journal.core.queue;

import dev.sluice.job.JobId;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A hash table of waiting jobs by id with intrusive chains: costs 8 to 14 bytes per entry, 32 to 48 where most of a long
 * queue is gone.
 *
 * <p>The jobs are in one array without gaps, and buckets and chains are numbers in it. If buckets were references, each new
 * job would be written to a random place of a large old array, and each such place is visited by the next collection of
 * garbage, which made its pauses three times as long.
 */
final class WaitingTable {

    private static final int LEAST = 64;
    private static final int NONE = -1;

    private @Nullable WaitingJob[] jobs = new WaitingJob[LEAST];
    private int[] buckets = emptied(LEAST);
    private int size;

    int size() {
        return size;
    }

    @Nullable
    WaitingJob get(JobId id) {
        int number = buckets[bucket(id.high(), id.low())];
        while (number != NONE) {
            WaitingJob job = at(number);
            if (job.is(id)) {
                return job;
            }
            number = job.next;
        }
        return null;
    }

    /** Adds one that is not in the table. */
    void add(WaitingJob job) {
        defer(job);
        if (size > buckets.length) {
            linkAll(buckets.length << 1);
        } else {
            link(size - 1);
        }
    }

    /**
     * Adds one that is not in the table, and is not found before {@link #linkDeferred}. For very many at once: the buckets
     * grow once, and not again and again with all that is in them.
     */
    void defer(WaitingJob job) {
        if (size == jobs.length) {
            jobs = Arrays.copyOf(jobs, size + (size >> 1));
        }
        jobs[size++] = job;
    }

    /** Has what was deferred found. */
    void linkDeferred() {
        int length = buckets.length;
        while (length < size) {
            length <<= 1;
        }
        linkAll(length);
    }

    @Nullable
    WaitingJob remove(JobId id) {
        int before = NONE;
        int bucket = bucket(id.high(), id.low());
        for (int number = buckets[bucket]; number != NONE; number = at(number).next) {
            WaitingJob job = at(number);
            if (job.is(id)) {
                refer(bucket, before, job.next);
                fill(number);
                return job;
            }
            before = number;
        }
        return null;
    }

    /** Moves the last job to the number that became free. */
    private void fill(int free) {
        int last = --size;
        WaitingJob moved = at(last);
        jobs[last] = null;
        if (free != last) {
            int bucket = bucket(moved.high, moved.low);
            int before = NONE;
            int number = buckets[bucket];
            while (number != last) {
                before = number;
                number = at(number).next;
            }
            jobs[free] = moved;
            refer(bucket, before, free);
        }
        if (size < jobs.length >> 2 && jobs.length > LEAST) {
            jobs = Arrays.copyOf(jobs, Math.max(LEAST, jobs.length >> 1));
        }
        if (size < buckets.length >> 3 && buckets.length > LEAST) {
            linkAll(buckets.length >> 1);
        }
    }

    /** Sets what comes after a job in its chain, or what is the first of the bucket. */
    private void refer(int bucket, int before, int number) {
        if (before == NONE) {
            buckets[bucket] = number;
        } else {
            at(before).next = number;
        }
    }

    private void linkAll(int length) {
        buckets = emptied(length);
        for (int number = 0; number < size; number++) {
            link(number);
        }
    }

    private void link(int number) {
        WaitingJob job = at(number);
        int bucket = bucket(job.high, job.low);
        job.next = buckets[bucket];
        buckets[bucket] = number;
    }

    private WaitingJob at(int number) {
        return Objects.requireNonNull(jobs[number]);
    }

    private static int[] emptied(int length) {
        int[] none = new int[length];
        Arrays.fill(none, NONE);
        return none;
    }

    /** Ids have 80 random bits; folding them is a sufficient hash. */
    private int bucket(long high, long low) {
        long mixed = low ^ (low >>> 32) ^ high;
        return (int) (mixed ^ (mixed >>> 16)) & (buckets.length - 1);
    }
}
