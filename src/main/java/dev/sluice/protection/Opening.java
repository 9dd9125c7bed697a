package dev.sluice.protection;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/**
 * What may be started of a route at the moment.
 *
 * @param room the most jobs
 * @param retries how many of them may have been called before
 * @param held the callers whose jobs may not be started
 * @param heldTurns the turns whose jobs may not be started, see {@link dev.sluice.journal.WorkQueue.Demand}
 * @param next when more may be started although nothing happens until then; {@link Instant#MAX} if only an event changes it
 */
public record Opening(int room, int retries, Set<Long> held, Set<Long> heldTurns, Instant next) {

    /** Without limits. */
    public static final Opening FREE = new Opening(Integer.MAX_VALUE, Integer.MAX_VALUE, Set.of(), Instant.MAX);

    /** Holds no turn. */
    public Opening(int room, int retries, Set<Long> held, Instant next) {
        this(room, retries, held, Set.of(), next);
    }

    /** Nothing before then. */
    public static Opening closedUntil(Instant next) {
        return new Opening(0, 0, Set.of(), next);
    }

    /** At most so many jobs; more not before then. */
    public static Opening room(int room, Instant next) {
        return new Opening(room, Integer.MAX_VALUE, Set.of(), next);
    }

    /** Whether nothing may be started. */
    public boolean isClosed() {
        return room <= 0;
    }

    /** What both allow. */
    Opening and(Opening other) {
        if (other.equals(FREE)) {
            return this;
        } else if (equals(FREE)) {
            return other;
        }
        return new Opening(
                Math.min(room, other.room),
                Math.min(retries, other.retries),
                both(held, other.held),
                both(heldTurns, other.heldTurns),
                next.isBefore(other.next) ? next : other.next);
    }

    private static Set<Long> both(Set<Long> one, Set<Long> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isEmpty() ? other : one;
        }
        Set<Long> all = new HashSet<>(one);
        all.addAll(other);
        return all;
    }
}
