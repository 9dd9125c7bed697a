package dev.sluice.journal;

import dev.sluice.job.Job;
import java.time.Duration;
import reactor.core.publisher.Flux;

/** The part of the {@link Journal} for those who look after it, rather than after its jobs. */
public interface JournalUpkeep extends AutoCloseable {

    /**
     * Erases finished jobs whose {@link Job#expiresAt} has come: request, result, events and idempotency key, leaving a
     * tombstone, and removes tombstones that have lain for {@code tombstones} or longer, counted from the erasing. Goes by
     * the journal's own time, and rather too late than too early where the machine's clock says another. Works in bounded
     * steps, of which each emits the number of jobs that it erased.
     */
    Flux<Long> purge(Duration tombstones);

    /**
     * Random bytes that are made once, with the journal, and kept in it: what is derived from them holds as long as the
     * jobs do. At least 256 bits; at hand, from any thread.
     */
    byte[] secret();

    /** Whether the journal can write, from any thread. */
    Health health();

    /**
     * Completes what was taken on, refuses what comes later, releases everything. A body that is still being received
     * fails with {@link IllegalStateException}, as if it had come later. Closing again does nothing. Blocks; not for event
     * loops.
     */
    @Override
    void close();
}
