package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;

/**
 * Somebody on this node who wants to hear what happens to a job. Must not block. What is told comes from one thread at a
 * time; the call to go may come from any other, also meanwhile.
 */
interface Follower {

    JobId job();

    /**
     * Something happened to its job.
     *
     * @param frame the event as most readers are sent it
     */
    void tell(JobEvent event, Frame frame);

    /** Some events may not have been told: whoever needs them looks into the journal. */
    void lookBack();

    /**
     * The node stops: nothing more is told.
     *
     * @param last what a reader is sent before its stream ends
     */
    void sendAway(Frame last);
}
