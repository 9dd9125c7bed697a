package dev.sluice.journal.core.queue;

import org.jspecify.annotations.Nullable;

/** A hash table of callers by value with intrusive chains: costs 4 to 8 bytes per entry. */
final class CallerTable {

    private static final int LEAST = 4;

    private @Nullable WaitingCaller[] buckets = new WaitingCaller[LEAST];
    private int size;

    /** Returns the caller of that value, a new one if there is none. */
    WaitingCaller get(long value) {
        for (WaitingCaller caller = buckets[bucket(value, buckets.length)]; caller != null; caller = caller.next) {
            if (caller.value == value) {
                return caller;
            }
        }
        if (size == buckets.length) {
            resize(buckets.length << 1);
        }
        WaitingCaller caller = new WaitingCaller(value);
        link(caller, buckets);
        size++;
        return caller;
    }

    /** Removes a caller that is in the table. */
    void remove(WaitingCaller caller) {
        int bucket = bucket(caller.value, buckets.length);
        WaitingCaller before = null;
        for (WaitingCaller one = buckets[bucket]; one != caller && one != null; one = one.next) {
            before = one;
        }
        if (before == null) {
            buckets[bucket] = caller.next;
        } else {
            before.next = caller.next;
        }
        size--;
        if (size < buckets.length >> 3 && buckets.length > LEAST) {
            resize(buckets.length >> 1);
        }
    }

    private void resize(int length) {
        @Nullable WaitingCaller[] target = new WaitingCaller[length];
        for (WaitingCaller first : buckets) {
            WaitingCaller caller = first;
            while (caller != null) {
                WaitingCaller next = caller.next;
                link(caller, target);
                caller = next;
            }
        }
        buckets = target;
    }

    private static void link(WaitingCaller caller, @Nullable WaitingCaller[] target) {
        int bucket = bucket(caller.value, target.length);
        caller.next = target[bucket];
        target[bucket] = caller;
    }

    /** Values are keyed hashes; folding them is a sufficient hash. */
    private static int bucket(long value, int length) {
        long mixed = value ^ (value >>> 32);
        return (int) (mixed ^ (mixed >>> 16)) & (length - 1);
    }
}
