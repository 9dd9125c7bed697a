package dev.sluice.journal.postgres;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The due jobs of each turn of a route, and how many turns have at least so many: jobs are claimed in turns, so that this
 * says how many jobs of others are claimed before the n-th of a turn. Modified by one thread at a time; read by any.
 */
final class TurnDepths {

    /** The most turns that are counted on their own; of others nothing is known. */
    private static final int MOST = 2 * Heads.MOST_LANES;

    /** Above this depth turns are not told apart. */
    private static final int LEVELS = 1_024;

    private final Map<Long, Long> depths = new ConcurrentHashMap<>();

    /** How many turns have more than so many jobs. */
    private final AtomicLongArray deeper = new AtomicLongArray(LEVELS);

    private final AtomicLong all = new AtomicLong();

    /** Adds jobs to a turn, or removes some. */
    void add(long turn, long jobs) {
        long before = of(turn);
        long after = Math.max(0, before + jobs);
        if (after == before || (before == 0 && depths.size() >= MOST)) {
            return;
        }
        for (long level = before; level < Math.min(after, LEVELS); level++) {
            deeper.incrementAndGet((int) level);
        }
        for (long level = after; level < Math.min(before, LEVELS); level++) {
            deeper.decrementAndGet((int) level);
        }
        if (after == 0) {
            depths.remove(turn);
        } else {
            depths.put(turn, after);
        }
        all.addAndGet(after - before);
    }

    /** Returns the number of due jobs of a turn. */
    long of(long turn) {
        return depths.getOrDefault(turn, 0L);
    }

    /** Returns how many jobs of other turns are claimed before so many of a turn, if each of them comes first. */
    long others(long turn, long places) {
        long own = of(turn);
        long sum = 0;
        int levels = (int) Math.min(places, LEVELS);
        for (int level = 0; level < levels; level++) {
            long turns = deeper.get(level);
            if (turns == 0) {
                break;
            }
            sum += turns - (level < own ? 1 : 0);
        }
        if (places > LEVELS) {
            sum += (places - LEVELS) * (deeper.get(LEVELS - 1) - (own >= LEVELS ? 1 : 0));
        }
        return Math.max(0, Math.min(sum, all.get() - own));
    }
}
