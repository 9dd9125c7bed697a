package dev.sluice.journal;

import dev.sluice.job.Job;

/** What is known of an id that was once given out. */
public sealed interface Lookup {

    /**
     * The job as it stands.
     *
     * @param position its position among the due waiting jobs of its route, in the order in which they are claimed,
     *     from 1; the last that it can be where jobs are claimed in {@linkplain dev.sluice.job.JobSpec#turn turns}; 0 if
     *     it is not waiting, not due yet or set aside because its caller is held
     */
    record Known(Job job, long position) implements Lookup {}

    /** The job was erased; only its tombstone remains. */
    record Expired() implements Lookup {}
}
