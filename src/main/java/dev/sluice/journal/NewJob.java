package dev.sluice.journal;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A request that is to become a job.
 *
 * @param id its id, made by {@link dev.sluice.job.JobIds}
 * @param route the id of the route that takes it
 * @param spec what is settled from now on; accepted now, in milliseconds: the time in its id
 * @param dueAt not to be started before then; the time of acceptance for at once
 * @param request head of the request, in which {@link Credentials} have their places only
 * @param credentials of the request, in the order of their places: stored apart from it, erased by the move that ends the
 *     job, and until then part of what {@link JobReader#request} reads
 * @param key the caller's idempotency key, if one was sent
 */
public record NewJob(
        JobId id,
        String route,
        JobSpec spec,
        Instant dueAt,
        JobRequest request,
        Headers credentials,
        @Nullable IdempotencyKey key) {

    /** The job that it becomes, its key promised to hold for {@link JobIntake#KEY_HOLDS}. */
    public Job accepted(long order) {
        JobSpec settled = key == null
                ? spec
                : spec.toBuilder()
                        .keepUntil(spec.acceptedAt().plus(JobIntake.KEY_HOLDS))
                        .build();
        return new Job(id, route, order, settled, JobStatus.accepted(dueAt));
    }
}
