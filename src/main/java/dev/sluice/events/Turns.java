package dev.sluice.events;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lets readers read their histories a few at a time, in the order in which they ask: those who only look a job up must not
 * wait in the journal behind a thousand of them. For any thread.
 */
final class Turns {

    private final Set<Runnable> waiting =
            new LinkedHashSet<>(); // guarded by itself: a queue that can be left at any place
    private final AtomicInteger free;
    private final AtomicInteger pending = new AtomicInteger();

    Turns(int atOnce) {
        free = new AtomicInteger(atOnce);
    }

    /** Runs what begins a turn, at once or later on another thread; whoever it belongs to ends the turn. */
    void take(Runnable turn) {
        synchronized (waiting) {
            waiting.add(turn);
        }
        drain();
    }

    /** Forgets a turn that is not wanted any more, so that nothing is kept for it; no effect if it has begun. */
    void forget(Runnable turn) {
        synchronized (waiting) {
            waiting.remove(turn);
        }
    }

    /** How many wait for their turn. */
    int waiting() {
        synchronized (waiting) {
            return waiting.size();
        }
    }

    void end() {
        free.incrementAndGet();
        drain();
    }

    private void drain() {
        if (pending.getAndIncrement() != 0) {
            return;
        }
        int missed = 1;
        do {
            while (free.get() > 0 && begin(next())) {}
            missed = pending.addAndGet(-missed);
        } while (missed != 0);
    }

    private @Nullable Runnable next() {
        synchronized (waiting) {
            Iterator<Runnable> first = waiting.iterator();
            if (!first.hasNext()) {
                return null;
            }
            Runnable turn = first.next();
            first.remove();
            return turn;
        }
    }

    /** Whether there was one. */
    private boolean begin(@Nullable Runnable turn) {
        if (turn == null) {
            return false;
        }
        free.decrementAndGet();
        turn.run();
        return true;
    }
}
