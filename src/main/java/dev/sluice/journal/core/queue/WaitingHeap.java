package dev.sluice.journal.core.queue;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A binary heap whose entries know their slot, so that any of them is removed in O(log n). Costs 4 to 8 bytes per
 * entry.
 */
final class WaitingHeap {

    private static final int LEAST = 16;

    private final BiPredicate<WaitingJob, WaitingJob> before;
    private @Nullable WaitingJob[] heap = new WaitingJob[LEAST];
    private int size;

    WaitingHeap(BiPredicate<WaitingJob, WaitingJob> before) {
        this.before = before;
    }

    int size() {
        return size;
    }

    @Nullable
    WaitingJob first() {
        return size == 0 ? null : heap[0];
    }

    void add(WaitingJob job) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size + (size >> 1));
        }
        up(size++, job);
    }

    /** Removes one that is in this heap. */
    void remove(WaitingJob job) {
        int hole = job.slot;
        WaitingJob last = at(--size);
        heap[size] = null;
        if (last != job) {
            down(hole, last);
            if (last.slot == hole) {
                up(hole, last);
            }
        }
        if (size < heap.length >> 2 && heap.length > LEAST) {
            heap = Arrays.copyOf(heap, Math.max(LEAST, heap.length >> 1));
        }
    }

    private void up(int slot, WaitingJob job) {
        int at = slot;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            WaitingJob above = at(parent);
            if (!before.test(job, above)) {
                break;
            }
            put(at, above);
            at = parent;
        }
        put(at, job);
    }

    private void down(int slot, WaitingJob job) {
        int at = slot;
        for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && before.test(at(child + 1), at(child))) {
                child++;
            }
            WaitingJob below = at(child);
            if (!before.test(below, job)) {
                break;
            }
            put(at, below);
            at = child;
        }
        put(at, job);
    }

    private WaitingJob at(int slot) {
        return Objects.requireNonNull(heap[slot]);
    }

    private void put(int slot, WaitingJob job) {
        heap[slot] = job;
        job.slot = slot;
    }
}
