package dev.sluice.journal;

import dev.sluice.job.Failure;
import dev.sluice.job.JobResult;
import dev.sluice.job.ResultInfo;
import dev.sluice.job.Transition;
import org.jspecify.annotations.Nullable;

/**
 * How a job ends after a response of the backend.
 *
 * @param result head of the response
 * @param failure why the response means failure; null for success
 */
public record Ending(JobResult result, @Nullable Failure failure) {

    /**
     * The corresponding transition.
     *
     * @param size bytes of the response's body
     */
    public Transition transition(long size) {
        String type = result.headers().first("Content-Type").orElse(null);
        ResultInfo info = new ResultInfo(result.status(), type, size);
        return failure == null ? new Transition.Succeed(info) : new Transition.Fail(failure, info);
    }
}
