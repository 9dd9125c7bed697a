package dev.sluice.journal;

import dev.sluice.job.JobId;

/** The claim no longer holds: its lease ran out, or the job was cancelled or finished. */
public final class StaleClaimException extends RuntimeException {

    public StaleClaimException(JobId id) {
        super("the claim of job " + id + " no longer holds", null, false, false);
    }
}
