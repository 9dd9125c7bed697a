package dev.sluice.journal.core;

import dev.sluice.job.JobId;

/**
 * Identifies a body while it is received and where it is stored.
 *
 * @param job its job
 * @param part 0 for the request, otherwise a number assigned by the engine that keeps the responses of one job apart
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
