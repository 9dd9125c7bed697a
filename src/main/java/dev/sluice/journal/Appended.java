package dev.sluice.journal;

import dev.sluice.job.Job;

/** What became of an append. */
public sealed interface Appended {

    /** A new job, on stable storage. */
    record Created(Job job) implements Appended {}

    /** The same request was accepted before under this idempotency key; this is its job as it stands now. */
    record Replayed(Job job) implements Appended {}

    /** The idempotency key was used for another request; nothing was stored. */
    record KeyReused() implements Appended {}
}
