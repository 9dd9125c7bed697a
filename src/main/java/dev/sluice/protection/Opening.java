package dev.sluice.protection;

import dev.sluice.journal.PerTurn;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What may be started of a route at the moment.
 *
 * @param room the most jobs
 * @param retries how many of them may have been called before
 * @param held the callers whose jobs may not be started
 * @param perTurn how many of each turn, see {@link dev.sluice.journal.WorkQueue.Demand}
 * @param next when more may be started although nothing happens until then; {@link Instant#MAX} if only an event changes it
 */
public record Opening(int room, int retries, Set<Long> held, PerTurn perTurn, Instant next) {

    /** Without limits. */
    public static final Opening FREE = new Opening(Integer.MAX_VALUE, Integer.MAX_VALUE, Set.of(), Instant.MAX);

    /** As many of each turn as there are. */
    public Opening(int room, int retries, Set<Long> held, Instant next) {
        this(room, retries, held, PerTurn.ANY, next);
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
                both(perTurn, other.perTurn),
                next.isBefore(other.next) ? next : other.next);
    }

    private static PerTurn both(PerTurn one, PerTurn other) {
        Set<Long> named = both(one.others().keySet(), other.others().keySet());
        return new PerTurn(
                Math.min(one.each(), other.each()),
                named.stream().collect(Collectors.toMap(turn -> turn, turn -> Math.min(one.of(turn), other.of(turn)))));
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
