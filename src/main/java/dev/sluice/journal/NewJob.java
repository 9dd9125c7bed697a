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
 * A request to be accepted as a job.
 *
 * @param id its id, made by {@link dev.sluice.job.JobIds}
 * @param route the id of the route that takes it
 * @param spec its settled attributes; {@code acceptedAt} is the time in the id
 * @param dueAt when it may be started; the time of acceptance for at once
 * @param request head of the request, with placeholders for its {@link Credentials}
 * @param credentials of the request, in the order of their placeholders: stored apart, erased by the move that ends the
 *     job, and until then included in what {@link JobReader#request} returns
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

    /** Returns the accepted job. If it has a key, the job is kept at least for {@link JobIntake#KEY_HOLDS}. */
    public Job accepted(long order) {
        JobSpec settled = key == null
                ? spec
                : spec.toBuilder()
                        .keepUntil(spec.acceptedAt().plus(JobIntake.KEY_HOLDS))
                        .build();
        return new Job(id, route, order, settled, JobStatus.accepted(dueAt));
    }
}
