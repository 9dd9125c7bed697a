package dev.sluice.queue;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Permits to join a queue whose length is counted elsewhere. A permit is held from the admission of a job until the job is part
 * of that length.
 *
 * <p>A job that joins is first in the length and then leaves this count, never the other way round, so at any moment both
 * together are at least the jobs that are there. The upper half of the word counts changes: an entry succeeds only if
 * nobody entered or left since the length was read, and so the limit cannot be passed by a stale reading.
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
