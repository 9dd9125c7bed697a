package dev.sluice.journal;

import dev.sluice.job.Job;

/** The outcome of {@link JobIntake#append}. */
public sealed interface Appended {

    /**
     * A new job, on stable storage.
     *
     * @param position as in {@link Lookup.Known}
     */
    record Created(Job job, long position) implements Appended {}

    /**
     * The idempotency key is held by a job of the same request, which is returned as it stands now.
     *
     * @param position as in {@link Lookup.Known}
     */
    record Replayed(Job job, long position) implements Appended {}

    /** The idempotency key was used for another request; nothing was stored. */
    record KeyReused() implements Appended {}
}
