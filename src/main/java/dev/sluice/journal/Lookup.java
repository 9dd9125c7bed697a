package dev.sluice.journal;

import dev.sluice.job.Job;

/** What is known of an id that was once given out. */
public sealed interface Lookup {

    /**
     * The job as it stands.
     *
     * @param position its position among the due waiting jobs of its route, in the order in which they are claimed,
     *     from 1; 0 if it is not waiting or not due yet
     */
    record Known(Job job, long position) implements Lookup {}

    /** The job was erased; only its tombstone remains. */
    record Expired() implements Lookup {}
}
