package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalOverloadedException;
import java.util.concurrent.atomic.AtomicLong;

/** The bytes that stores in memory may hold; for any thread. */
final class MemoryBudget {

    private final long limit;
    private final AtomicLong used = new AtomicLong();

    MemoryBudget(long limit) {
        this.limit = limit;
    }

    /**
     * Whether that many bytes more may be used.
     *
     * @throws JournalOverloadedException if not
     */
    void admit(long bytes) {
        if (used.get() + bytes > limit) {
            throw new JournalOverloadedException();
        }
    }

    /** Takes bytes; also beyond the limit, for what cannot be refused, such as an event of a job that was accepted. */
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
