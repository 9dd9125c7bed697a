package dev.sluice.journal;

import dev.sluice.job.JobId;

/** The claim is no longer valid: its lease expired, or the job was cancelled or has finished. */
public final class StaleClaimException extends RuntimeException {

    public StaleClaimException(JobId id) {
        super("the claim of job " + id + " no longer holds", null, false, false);
    }
}
