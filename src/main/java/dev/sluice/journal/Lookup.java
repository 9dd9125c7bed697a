package dev.sluice.journal;

import dev.sluice.job.Job;

/** What is known of an id that was once given out. */
public sealed interface Lookup {

    /**
     * The job as it stands.
     *
     * @param position the how-many-th it is among the due waiting jobs of its route, in the order in which they are
     *     handed out, from 1; 0 if it does not wait or is not due yet
     */
    record Known(Job job, long position) implements Lookup {}

    /** The job was erased; only its tombstone is left. */
    record Expired() implements Lookup {}
}
