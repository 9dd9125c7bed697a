package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds one page by merging the rows of unfinished and finished jobs, newest first. */
final class Listing {

    private static final int MOST_ROWS = 10_000;

    private final JobFilter filter;
    private final int limit;
    private final @Nullable JobId end;
    private final WorkingSet working;
    private final List<Job> jobs = new ArrayList<>();
    private int rows;
    private @Nullable JobId last;
    private boolean more;

    Listing(JobFilter filter, int limit, @Nullable JobId before, WorkingSet working) {
        if (limit < 1) {
            throw new IllegalArgumentException("a page has at least one job, not " + limit);
        }
        this.filter = filter;
        this.limit = limit;
        this.end = filter.end(before);
        this.working = working;
    }

    byte[] lowest() {
        return Keys.job(filter.lowest());
    }

    /** The exclusive start; null at the end. */
    byte @Nullable [] end() {
        return end == null ? null : Keys.job(end);
    }

    /** Consumes the next row; false if the page is full, and there is more. */
    boolean take(byte[] key, byte[] value) {
        if (jobs.size() == limit || rows == MOST_ROWS) {
            more = true;
            return false;
        }
        rows++;
        JobId id = JobId.fromBytes(key, 0);
        last = id;
        if (value.length > 0) { // empty for a tombstone
            Job job = current(JobHead.of(id, value)).job();
            if (filter.matches(job)) {
                jobs.add(job);
            }
        }
        return true;
    }

    private JobHead current(JobHead stored) {
        JobHead running = stored.job().state() == JobState.RUNNING
                ? working.running(stored.job().id())
                : null;
        return running == null ? stored : running;
    }

    JobPage page() {
        return new JobPage(jobs, more ? last : null);
    }
}
