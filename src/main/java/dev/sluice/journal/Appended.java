package dev.sluice.journal;

import dev.sluice.job.Job;

/** The outcome of {@link JobIntake#append}. */
public sealed interface Appended {

    /**
     * A new job, on stable storage.
     *
     * @param job as it was accepted
     * @param position as in {@link Lookup.Known}
     * @param started whether a {@link StandingClaim} has started it in the same step
     */
    record Created(Job job, long position, boolean started) implements Appended {

        /** A new job that waits. */
        public Created(Job job, long position) {
            this(job, position, false);
        }
    }

    /**
     * The idempotency key is held by a job of the same request, which is returned as it stands now.
     *
     * @param position as in {@link Lookup.Known}
     */
    record Replayed(Job job, long position) implements Appended {}

    /** The idempotency key was used for another request; nothing was stored. */
    record KeyReused() implements Appended {}
}
