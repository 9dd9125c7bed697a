package dev.sluice.journal;

import dev.sluice.job.Job;

/** What is known of an id that was once given out. */
public sealed interface Lookup {

    /** The job as it stands. */
    record Known(Job job) implements Lookup {}

    /** The job was erased; only its tombstone is left. */
    record Expired() implements Lookup {}
}
