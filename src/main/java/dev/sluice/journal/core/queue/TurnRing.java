package dev.sluice.journal.core.queue;

import dev.sluice.journal.PerTurn;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The turns of a route that have due jobs, the least recently served first. Those with nothing but jobs that were called
 * before are kept apart, so that they are not in the way of a claim that may not have such jobs. Turns of which a claim may
 * have none are moved out of the way when they are met, those of which it has all that it may until it ends; they keep their
 * place. O(log n) of the turns.
 */
final class TurnRing {

    private final WaitingHeap<Turn> fresh = new WaitingHeap<>(Turn::before);
    private final WaitingHeap<Turn> retried = new WaitingHeap<>(Turn::before);
    private final Set<Turn> passedOver = new LinkedHashSet<>();
    private final Map<Turn, Integer> taken = new HashMap<>(); // by this claim, of turns of which it may not have all
    private PerTurn allowed = PerTurn.ANY;
    private long stamps;

    int size() {
        return fresh.size() + retried.size() + passedOver.size();
    }

    /** Begins a claim; costs nothing if it may have what the one before might. */
    @SuppressWarnings("ReferenceEquality") // the same object means unchanged, at no cost
    void begin(PerTurn demanded) {
        if (demanded == allowed) {
            return;
        }
        allowed = demanded;
        for (Iterator<Turn> passed = passedOver.iterator(); passed.hasNext(); ) {
            Turn turn = passed.next();
            if (!isHeld(turn)) {
                passed.remove();
                move(turn, heapOf(turn));
            }
        }
    }

    /** Ends a claim. */
    void end() {
        for (Turn turn : taken.keySet()) {
            if (!isHeld(turn) && passedOver.remove(turn)) {
                move(turn, heapOf(turn));
            }
        }
        taken.clear();
    }

    private boolean isHeld(Turn turn) {
        return allowed.of(turn.value) <= 0;
    }

    /** Returns the turn to be served next; null if there is none. */
    @Nullable
    Turn next(boolean retries) {
        Turn turn = first(retries);
        while (turn != null && isHeld(turn)) {
            passOver(turn);
            turn = first(retries);
        }
        return turn;
    }

    private void passOver(Turn turn) {
        move(turn, null);
        passedOver.add(turn);
    }

    private @Nullable Turn first(boolean retries) {
        Turn one = fresh.first();
        Turn other = retries ? retried.first() : null;
        return one == null || (other != null && other.before(one)) ? other : one;
    }

    /** Takes up a turn whose due jobs have changed, as the last one if it had none; drops it if it has none. */
    void changed(Turn turn) {
        WaitingHeap<Turn> heap = heapOf(turn);
        if (!passedOver.isEmpty() && passedOver.contains(turn)) {
            if (heap == null) {
                passedOver.remove(turn);
            }
        } else if (turn.ring != heap) {
            if (turn.ring == null) {
                turn.stamp = ++stamps;
            }
            move(turn, heap);
        }
    }

    /** Makes a turn the last one, because one of its jobs was taken; it is passed over if the claim may have no more of it. */
    void served(Turn turn) {
        if (turn.ring != null && size() > 1) {
            WaitingHeap<Turn> heap = turn.ring;
            heap.remove(turn);
            turn.stamp = ++stamps;
            heap.add(turn);
        }
        int most = allowed.of(turn.value);
        if (most != Integer.MAX_VALUE && taken.merge(turn, 1, Integer::sum) >= most && turn.ring != null) {
            passOver(turn);
        }
    }

    /** Returns the most turns that can be served before this one is. */
    long before(Turn turn) {
        Turn next = next(true);
        return next == null ? 0 : Math.max(0, Math.min(size() - 1L, turn.stamp - next.stamp));
    }

    private @Nullable WaitingHeap<Turn> heapOf(Turn turn) {
        return turn.hasFresh() ? fresh : turn.first(true) != null ? retried : null;
    }

    private static void move(Turn turn, @Nullable WaitingHeap<Turn> to) {
        if (turn.ring != null) {
            turn.ring.remove(turn);
        }
        if (to != null) {
            to.add(turn);
        }
        turn.ring = to;
    }
}
