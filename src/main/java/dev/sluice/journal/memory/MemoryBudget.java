package dev.sluice.journal.memory;

import dev.sluice.job.Headers;
import dev.sluice.journal.JournalOverloadedException;
import java.util.concurrent.atomic.AtomicLong;

/** The bytes the journal may hold; for any thread. */
final class MemoryBudget {

    private static final long BYTES_PER_FIELD = 112;

    private final long limit;
    private final AtomicLong held = new AtomicLong();

    MemoryBudget(long limit) {
        this.limit = limit;
    }

    /**
     * Takes bytes if there are as many left.
     *
     * @throws JournalOverloadedException if not; nothing was taken
     */
    void take(long bytes) {
        if (held.addAndGet(bytes) > limit) {
            held.addAndGet(-bytes);
            throw new JournalOverloadedException();
        }
    }

    /** Takes bytes for what cannot be refused, such as an event of a job that was accepted. */
    void takeAnyway(long bytes) {
        held.addAndGet(bytes);
    }

    void giveBack(long bytes) {
        held.addAndGet(-bytes);
    }

    /** What could be taken now; below zero if more was taken than there is. */
    long left() {
        return limit - held.get();
    }

    long held() {
        return held.get();
    }

    /** About what header fields take. */
    static long bytes(Headers headers) {
        long bytes = 0;
        for (Headers.Header field : headers.fields()) {
            bytes += field.name().length() + field.value().length() + BYTES_PER_FIELD;
        }
        return bytes;
    }
}
