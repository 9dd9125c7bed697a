package dev.sluice.events;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lets readers read their histories a few at a time, in the order in which they ask: those who only look a job up must not
 * wait in the journal behind a thousand of them. For any thread.
 */
final class Turns {

    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger free;
    private final AtomicInteger pending = new AtomicInteger();

    Turns(int atOnce) {
        free = new AtomicInteger(atOnce);
    }

    /** Runs what begins a turn, at once or later on another thread; whoever it belongs to ends the turn. */
    void take(Runnable turn) {
        waiting.add(turn);
        drain();
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
            while (free.get() > 0 && begin(waiting.poll())) {}
            missed = pending.addAndGet(-missed);
        } while (missed != 0);
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
