package dev.sluice.journal.core.queue;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * For each n, the number of turns with at least n due jobs, so that it is known how many jobs are served in n rounds of
 * all turns. A Fenwick tree: updates and sums cost O(log n) of the longest turn, memory 4 to 8 bytes for each of its
 * jobs. Modified by one thread; sums are thread-safe.
 *
 * @see <a href="https://doi.org/10.1002/spe.4380240306">Fenwick, A new data structure for cumulative frequency tables</a>
 */
final class TurnLevels {

    private static final int LEAST = 64;

    private volatile AtomicIntegerArray tree;

    /** Of one turn with that many jobs. */
    TurnLevels(int jobs) {
        int length = LEAST;
        while (length < jobs) {
            length <<= 1;
        }
        tree = new AtomicIntegerArray(length + 1);
        for (int i = 1; i <= length; i++) {
            int before = i - Integer.lowestOneBit(i);
            tree.setPlain(i, Math.max(0, Math.min(i, jobs) - before));
        }
    }

    /** A turn came to have this many jobs. */
    void grown(int jobs) {
        if (jobs >= tree.length()) {
            grow();
        }
        add(jobs, 1);
    }

    /** A turn no longer has this many jobs. */
    void shrunk(int jobs) {
        add(jobs, -1);
    }

    /** Returns how many jobs are served when each turn is served that often at most. */
    long served(long rounds) {
        AtomicIntegerArray now = tree;
        long sum = 0;
        for (int i = (int) Math.min(rounds, now.length() - 1); i > 0; i -= Integer.lowestOneBit(i)) {
            sum += now.getAcquire(i);
        }
        return sum;
    }

    /** Returns how many turns have at least this many jobs. */
    long turns(long jobs) {
        return served(jobs) - served(jobs - 1);
    }

    private void add(int level, int change) {
        AtomicIntegerArray now = tree;
        for (int i = level; i < now.length(); i += Integer.lowestOneBit(i)) {
            now.setRelease(i, now.getPlain(i) + change);
        }
    }

    private void grow() {
        AtomicIntegerArray old = tree;
        int length = old.length() - 1;
        AtomicIntegerArray twice = new AtomicIntegerArray(2 * length + 1);
        for (int i = 1; i <= length; i++) {
            twice.setPlain(i, old.getPlain(i));
        }
        twice.setPlain(2 * length, old.getPlain(length)); // the sum of all
        tree = twice;
    }
}
