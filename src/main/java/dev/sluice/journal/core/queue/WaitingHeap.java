package dev.sluice.journal.core.queue;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A binary heap whose entries know their slot, so that any of them is removed in O(log n). Costs 4 to 8 bytes per
 * entry.
 */
final class WaitingHeap<E extends WaitingHeap.Entry> {

    /** An entry, of one heap at a time. */
    abstract static class Entry {

        /** Where it is in its heap; negative if it is in none. */
        int slot = NONE;
    }

    static final int NONE = -1;

    private static final int LEAST = 4;

    private final BiPredicate<E, E> before;
    private @Nullable Entry[] heap = new Entry[LEAST];
    private int size;

    WaitingHeap(BiPredicate<E, E> before) {
        this.before = before;
    }

    int size() {
        return size;
    }

    @Nullable
    E first() {
        return size == 0 ? null : at(0);
    }

    void add(E entry) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size + (size >> 1));
        }
        up(size++, entry);
    }

    /** Removes one that is in this heap. */
    @SuppressWarnings("ReferenceEquality") // entries are told apart by identity
    void remove(E entry) {
        int hole = entry.slot;
        E last = at(--size);
        heap[size] = null;
        entry.slot = NONE;
        if (last != entry) {
            down(hole, last);
            if (last.slot == hole) {
                up(hole, last);
            }
        }
        if (size < heap.length >> 2 && heap.length > LEAST) {
            heap = Arrays.copyOf(heap, Math.max(LEAST, heap.length >> 1));
        }
    }

    private void up(int slot, E entry) {
        int at = slot;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            E above = at(parent);
            if (!before.test(entry, above)) {
                break;
            }
            put(at, above);
            at = parent;
        }
        put(at, entry);
    }

    private void down(int slot, E entry) {
        int at = slot;
        for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && before.test(at(child + 1), at(child))) {
                child++;
            }
            E below = at(child);
            if (!before.test(below, entry)) {
                break;
            }
            put(at, below);
            at = child;
        }
        put(at, entry);
    }

    @SuppressWarnings("unchecked") // only such entries are put
    private E at(int slot) {
        return (E) Objects.requireNonNull(heap[slot]);
    }

    private void put(int slot, E entry) {
        heap[slot] = entry;
        entry.slot = slot;
    }
}
