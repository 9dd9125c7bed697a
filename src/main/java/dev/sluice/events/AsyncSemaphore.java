package dev.sluice.events;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

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

    /** Does some work with a permit, which is released before its outcome is emitted, and on cancel. */
    <T> Mono<T> with(Mono<T> work) {
        return Mono.defer(() -> {
            Permit permit = new Permit();
            return Mono.<T>create(sink -> permit.acquire(sink::success))
                    .switchIfEmpty(work)
                    .doOnTerminate(permit::release)
                    .doOnCancel(permit::release);
        });
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

    /** One that is released once, however often it is asked to, and at once if that was before it was granted. */
    private final class Permit {

        private enum State {
            AWAITED,
            HELD,
            RELEASED
        }

        private final AtomicReference<State> state = new AtomicReference<>(State.AWAITED);
        private volatile @Nullable Runnable waiter;

        void acquire(Runnable granted) {
            Runnable begin = () -> {
                if (state.compareAndSet(State.AWAITED, State.HELD)) {
                    granted.run();
                } else {
                    AsyncSemaphore.this.release();
                }
            };
            waiter = begin;
            AsyncSemaphore.this.acquire(begin);
            if (state.get() == State.RELEASED) {
                cancel(begin);
            }
        }

        void release() {
            State before = state.getAndSet(State.RELEASED);
            Runnable begin = waiter;
            if (before == State.HELD) {
                AsyncSemaphore.this.release();
            } else if (before == State.AWAITED && begin != null) {
                cancel(begin);
            }
        }
    }
}
