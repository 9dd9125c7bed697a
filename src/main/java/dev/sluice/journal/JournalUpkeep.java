package dev.sluice.journal;

import dev.sluice.job.Job;
import java.time.Duration;
import reactor.core.publisher.Flux;

/** The part of the {@link Journal} used to operate it: retention, health, closing. */
public interface JournalUpkeep extends AutoCloseable {

    /**
     * Erases finished jobs whose {@link Job#expiresAt} has come: request, result, events and idempotency key, leaving a
     * tombstone, and removes tombstones that have lain for {@code tombstones} or longer, counted from the erasing. Uses
     * the journal's own time, and errs on the late side where the machine's clock differs. Works in bounded steps, each
     * of which emits the number of jobs that it erased.
     */
    Flux<Long> purge(Duration tombstones);

    /**
     * Returns the secret of the installation: at least 256 random bits, created with the journal and stored in it, so
     * that what is derived from them is valid as long as the jobs exist. Does not block; thread-safe.
     */
    byte[] secret();

    /** Returns whether the journal can write. Thread-safe. */
    Health health();

    /**
     * Completes pending writes, rejects later calls and releases all resources. A body that is still being received
     * fails with {@link IllegalStateException}. Idempotent. Blocks; must not be called on an event loop.
     */
    @Override
    void close();
}
