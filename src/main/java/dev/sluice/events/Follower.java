package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;

/**
 * Somebody on this node who wants to hear what happens to a job. Must not block. What is told comes from one thread at a
 * time; the call to go may come from any other, also meanwhile.
 */
interface Follower {

    /** What {@link #known} says while it looks into the journal by itself. */
    long LOOKING = Long.MAX_VALUE;

    JobId job();

    /**
     * The number of the last event it knows of, or will know of without being told anything more: of a later one it must be
     * told. {@link #LOOKING} while it looks into the journal by itself and so needs nobody to tell it what is there already.
     * For any thread, cheap: all are asked every second or so.
     */
    long known();

    /**
     * Something happened to its job. What happened before that may have been left out, if on another node.
     *
     * @param frame the event as most readers are sent it
     */
    void tell(JobEvent event, Frame frame);

    /** Some events may not have been told: whoever needs them looks into the journal. */
    void lookBack();

    /** The node stops: nothing more is told. */
    void sendAway();
}
