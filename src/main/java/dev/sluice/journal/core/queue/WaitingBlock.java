package dev.sluice.journal.core.queue;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A block of consecutive jobs of a {@link WaitingOrder}, which grows up to {@link #MOST}. Cheap at both ends: removing
 * the first and appending a last one move nothing.
 */
final class WaitingBlock {

    static final int MOST = 512;

    private static final int LEAST = 2;

    private @Nullable WaitingJob[] jobs;
    private int from;
    private int to;

    private WaitingBlock(int length) {
        jobs = new WaitingJob[length];
    }

    /** Returns a block of one job, the only one of its order or one at the end of many. */
    static WaitingBlock of(WaitingJob job, boolean only) {
        WaitingBlock block = new WaitingBlock(only ? LEAST : MOST);
        block.insert(0, job);
        return block;
    }

    int size() {
        return to - from;
    }

    boolean full() {
        return size() == MOST;
    }

    WaitingJob first() {
        return at(0);
    }

    WaitingJob at(int index) {
        return Objects.requireNonNull(jobs[from + index]);
    }

    /** Returns the index of the job, or its insertion point. */
    int index(WaitingJob job) {
        int low = 0;
        int high = size();
        if (high > 0 && at(high - 1).before(job)) {
            return high;
        }
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (at(middle).before(job)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Puts a job into a block that is not full. */
    void insert(int index, WaitingJob job) {
        if (from == 0 && to == jobs.length) {
            jobs = Arrays.copyOf(jobs, Math.min(MOST, 2 * to));
        }
        if (from > 0 && (to == jobs.length || index < size() / 2)) {
            System.arraycopy(jobs, from, jobs, from - 1, index);
            from--;
        } else {
            System.arraycopy(jobs, from + index, jobs, from + index + 1, size() - index);
            to++;
        }
        jobs[from + index] = job;
    }

    void remove(int index) {
        if (index < size() / 2) {
            System.arraycopy(jobs, from, jobs, from + 1, index);
            jobs[from++] = null;
        } else {
            System.arraycopy(jobs, from + index + 1, jobs, from + index, size() - index - 1);
            jobs[--to] = null;
        }
    }

    /** Splits off the jobs from that index on into a new block. */
    WaitingBlock split(int index) {
        WaitingBlock rest = new WaitingBlock(MOST);
        rest.to = size() - index;
        System.arraycopy(jobs, from + index, rest.jobs, 0, rest.to);
        Arrays.fill(jobs, from + index, to, null);
        to = from + index;
        return rest;
    }

    /** Merges the next block into this one, which must have room for it. */
    @SuppressWarnings("ReferenceEquality") // the same array, not one with the same jobs
    void append(WaitingBlock next) {
        if (to + next.size() > jobs.length) {
            int size = size();
            @Nullable WaitingJob[] target = size + next.size() > jobs.length ? new WaitingJob[MOST] : jobs;
            System.arraycopy(jobs, from, target, 0, size);
            if (target == jobs) {
                Arrays.fill(jobs, Math.max(size, from), to, null);
            }
            jobs = target;
            from = 0;
            to = size;
        }
        System.arraycopy(next.jobs, next.from, jobs, to, next.size());
        to += next.size();
    }
}
