package dev.sluice.journal;

import dev.sluice.job.Estimate;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobState;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A request that is to become a job.
 *
 * @param id its id, made by {@link dev.sluice.job.JobIds}
 * @param route the id of the route that takes it
 * @param urgency 0 to 7
 * @param acceptedAt now, in milliseconds: the time in its id
 * @param dueAt not to be started before then; {@code acceptedAt} for at once
 * @param maxAttempts how many tries it has, at least 1
 * @param keep how long it stays readable after its end
 * @param estimate when it is expected to start and finish, if that is known
 * @param deadline if it is not finished by then it fails, in milliseconds; null for never
 * @param redriveOf the failed job whose request it repeats, if it does
 * @param request head of the request, in which {@link Credentials} have their places only
 * @param credentials of the request, in the order of their places: stored apart from it, erased by the move that ends the
 *     job, and until then part of what {@link JobReader#request} reads
 * @param key the caller's idempotency key, if one was sent
 */
public record NewJob(
        JobId id,
        String route,
        int urgency,
        Instant acceptedAt,
        Instant dueAt,
        int maxAttempts,
        Duration keep,
        @Nullable Estimate estimate,
        @Nullable Instant deadline,
        @Nullable JobId redriveOf,
        JobRequest request,
        Headers credentials,
        @Nullable IdempotencyKey key) {

    /** The job that it becomes, its key promised to hold for {@link JobIntake#KEY_HOLDS}. */
    public Job accepted(long order) {
        Instant keepUntil = key == null ? null : acceptedAt.plus(JobIntake.KEY_HOLDS);
        return new Job(
                id,
                route,
                JobState.QUEUED,
                order,
                urgency,
                acceptedAt,
                0,
                maxAttempts,
                keep,
                keepUntil,
                estimate,
                deadline,
                redriveOf,
                1,
                0,
                dueAt,
                null,
                null,
                null,
                null,
                null);
    }
}
