package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalFullException;
import dev.sluice.journal.JournalOverloadedException;
import java.util.concurrent.atomic.AtomicLong;

/** The limit in bytes of the stores in memory. Thread-safe. */
final class MemoryBudget {

    private final long limit;
    private final long reserve;
    private final AtomicLong used = new AtomicLong();

    MemoryBudget(long limit) {
        this.limit = limit;
        this.reserve = limit / 8;
    }

    /** Returns whether what is left is kept for accepted jobs. */
    boolean isLow() {
        return used.get() > limit - reserve;
    }

    /**
     * Checks that this many more bytes are available for a new job. An eighth of the limit is kept for the results of
     * accepted ones.
     *
     * @throws JournalFullException if not
     */
    void admitNew(long bytes) {
        if (used.get() + bytes > limit - reserve) {
            throw new JournalFullException("refuses new jobs: little is left of its memory");
        }
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
