package dev.sluice.events;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A fair semaphore that blocks no thread: who waits for a permit is called back. It limits how many histories are read at
 * once, so that a lookup of a job does not queue in the journal behind a thousand of them. For any thread.
 */
final class AsyncSemaphore {

    private final Set<Runnable> waiting =
            new LinkedHashSet<>(); // guarded by itself; first in, first out, and cancellable
    private final AtomicInteger permits;
    private final AtomicInteger pending = new AtomicInteger();

    AsyncSemaphore(int permits) {
        this.permits = new AtomicInteger(permits);
    }

    /** Runs {@code acquired} with a permit, now or later on another thread. Whoever it belongs to calls {@link #release}. */
    void acquire(Runnable acquired) {
        synchronized (waiting) {
            waiting.add(acquired);
        }
        drain();
    }

    /** Removes a waiter, so that nothing is kept for it; no effect if it has got its permit. */
    void cancel(Runnable waiter) {
        synchronized (waiting) {
            waiting.remove(waiter);
        }
    }

    /** Returns a permit. */
    void release() {
        permits.incrementAndGet();
        drain();
    }

    /** The number of waiters. */
    int waiting() {
        synchronized (waiting) {
            return waiting.size();
        }
    }

    private void drain() {
        if (pending.getAndIncrement() != 0) {
            return;
        }
        int missed = 1;
        do {
            while (permits.get() > 0 && grant(next())) {}
            missed = pending.addAndGet(-missed);
        } while (missed != 0);
    }

    private @Nullable Runnable next() {
        synchronized (waiting) {
            Iterator<Runnable> first = waiting.iterator();
            if (!first.hasNext()) {
                return null;
            }
            Runnable waiter = first.next();
            first.remove();
            return waiter;
        }
    }

    private boolean grant(@Nullable Runnable waiter) {
        if (waiter == null) {
            return false;
        }
        permits.decrementAndGet();
        waiter.run();
        return true;
    }
}
