package dev.sluice.journal;

import dev.sluice.job.Job;

/** What became of an append. */
public sealed interface Appended {

    /**
     * A new job, on stable storage.
     *
     * @param position as in {@link Lookup.Known}
     */
    record Created(Job job, long position) implements Appended {}

    /**
     * The same request was accepted before under this idempotency key; this is its job as it stands now.
     *
     * @param position as in {@link Lookup.Known}
     */
    record Replayed(Job job, long position) implements Appended {}

    /** The idempotency key was used for another request; nothing was stored. */
    record KeyReused() implements Appended {}
}
