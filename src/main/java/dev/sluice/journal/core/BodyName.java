package dev.sluice.journal.core;

import dev.sluice.job.JobId;

/**
 * Names a body while it comes in, and where it lies.
 *
 * @param job whose it is
 * @param part 0 for the request, else a number that the engine gives to a response: responses that come in for one job at
 *     different times are kept apart
 */
public record BodyName(JobId job, long part) {

    /** The body of a job's request. */
    public static BodyName request(JobId job) {
        return new BodyName(job, 0);
    }

    /** Whether it is a request. */
    public boolean isRequest() {
        return part == 0;
    }
}
