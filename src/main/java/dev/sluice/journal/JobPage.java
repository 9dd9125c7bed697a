package dev.sluice.journal;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list of jobs.
 *
 * @param jobs newest first; may be fewer than requested, even none, although there are more
 * @param next where the next page begins, exclusive; null if this is the last one
 */
public record JobPage(List<Job> jobs, @Nullable JobId next) {

    public JobPage {
        jobs = List.copyOf(jobs);
    }
}
