package dev.sluice.journal.core;

import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.job.Progress;
import dev.sluice.job.ResultInfo;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What of a job changes: where it stands after its latest event.
 *
 * @param state as in {@link Job}, and so are the others
 * @param seq number of its latest event
 */
public record Standing(
        JobState state,
        long seq,
        long fence,
        int attempt,
        Instant dueAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable Failure failure,
        @Nullable Progress progress,
        @Nullable ResultInfo result) {

    /** Where this job stands. */
    public static Standing of(Job job) {
        return new Standing(
                job.state(),
                job.lastSeq(),
                job.fence(),
                job.attempt(),
                job.dueAt(),
                job.startedAt(),
                job.finishedAt(),
                job.failure(),
                job.progress(),
                job.result());
    }
}
