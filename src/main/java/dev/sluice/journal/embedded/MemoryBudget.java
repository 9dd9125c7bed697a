package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalOverloadedException;
import java.util.concurrent.atomic.AtomicLong;

/** The limit in bytes of the stores in memory. Thread-safe. */
final class MemoryBudget {

    private final long limit;
    private final AtomicLong used = new AtomicLong();

    MemoryBudget(long limit) {
        this.limit = limit;
    }

    /**
     * Checks that this many more bytes are available.
     *
     * @throws JournalOverloadedException if not
     */
    void admit(long bytes) {
        if (used.get() + bytes > limit) {
            throw new JournalOverloadedException();
        }
    }

    /**
     * Reserves bytes, even beyond the limit, for writes that cannot be refused, such as an event of an accepted job.
     */
    void take(long bytes) {
        used.addAndGet(bytes);
    }

    void giveBack(long bytes) {
        used.addAndGet(-bytes);
    }

    long used() {
        return used.get();
    }
}
