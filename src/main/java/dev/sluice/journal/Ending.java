package dev.sluice.journal;

import dev.sluice.job.Failure;
import dev.sluice.job.JobResult;
import org.jspecify.annotations.Nullable;

/**
 * How a job ends that the backend answered.
 *
 * @param result head of the answer
 * @param failure null if the answer means success, else why it does not
 */
public record Ending(JobResult result, @Nullable Failure failure) {}
