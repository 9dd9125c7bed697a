package dev.sluice.journal.core;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.journal.ReceivedBody;

/**
 * A response that was streamed under a claim that has not ended its job yet. Its body is in {@link OutputBlock}s.
 *
 * @param job the claimed job
 * @param fence the fence of the claim
 * @param head the stored status and fields
 * @param first the number of the first of its output events
 * @param size the bytes of the body
 */
public record ReceivedStream(JobId job, long fence, JobResult head, long first, long size) implements ReceivedBody {

    /** Whether it was received under this claim. */
    public boolean isOf(Job claimed) {
        return fence == claimed.fence() && job.equals(claimed.id());
    }
}
