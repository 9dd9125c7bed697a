package dev.sluice.queue;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Permits to join a queue whose length is counted elsewhere. A permit is held from the admission of a job until the job is part
 * of that length.
 *
 * <p>A job becomes part of the length before its permit is released, never the other way round, so that length and permits
 * together are never less than the number of jobs. The upper half of the word counts changes: a permit is given only if none was
 * given or released since the length was read, so that a stale length cannot exceed the limit.
 */
final class Permits {

    private static final long CHANGE = 1L << 32;
    private static final long COUNT = CHANGE - 1;

    private final AtomicLong entering = new AtomicLong();

    boolean tryEnter(long limit, LongSupplier length) {
        while (true) {
            long seen = entering.get();
            if (length.getAsLong() + (seen & COUNT) >= limit) {
                return false;
            }
            if (entering.compareAndSet(seen, seen + CHANGE + 1)) {
                return true;
            }
        }
    }

    void leave() {
        long before = entering.getAndUpdate(seen -> (seen & COUNT) == 0 ? seen : seen + CHANGE - 1);
        if ((before & COUNT) == 0) {
            throw new IllegalStateException("left without having entered");
        }
    }
}
