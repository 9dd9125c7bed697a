package dev.sluice.journal.core.queue;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * When unfinished jobs {@linkplain Job#overdueAt fail} by the time that has passed, in memory, the next one first: at their
 * deadline, or when they are given up. A job without such a time costs nothing here, a job with one about 80 bytes. Confined to an adapter's writer, which fills it when it opens.
 */
public final class Deadlines {

    private final TreeSet<Deadline> sorted = new TreeSet<>();

    private record Deadline(long millis, long high, long low) implements Comparable<Deadline> {

        static Deadline of(JobId id, Instant at) {
            return new Deadline(at.toEpochMilli(), id.high(), id.low());
        }

        JobId id() {
            return new JobId(high, low);
        }

        @Override
        public int compareTo(Deadline other) {
            int order = Long.compare(millis, other.millis);
            order = order != 0 ? order : Long.compare(high, other.high);
            return order != 0 ? order : Long.compare(low, other.low);
        }
    }

    /** Adds an unfinished job, if there is a time at which it fails. */
    public void add(Job job) {
        Instant at = job.overdueAt();
        if (at != null) {
            sorted.add(Deadline.of(job.id(), at));
        }
    }

    /** Follows a job that has moved. */
    public void moved(Job before, Job after) {
        Instant was = before.overdueAt();
        if (!Objects.equals(was, after.overdueAt())) {
            if (was != null) {
                sorted.remove(Deadline.of(before.id(), was));
            }
            add(after);
        }
    }

    /**
     * Returns at most this many jobs whose deadline is not after now; they stay until they are removed.
     *
     * @param wanted selects among them
     */
    public List<JobId> passed(Instant now, int most, Predicate<JobId> wanted) {
        long millis = now.toEpochMilli();
        List<JobId> passed = new ArrayList<>();
        for (Deadline deadline : sorted) {
            if (deadline.millis() > millis || passed.size() == most) {
                break;
            }
            if (wanted.test(deadline.id())) {
                passed.add(deadline.id());
            }
        }
        return passed;
    }

    /** Drops the deadlines of these jobs, which cannot be read. */
    public void drop(List<JobId> ids) {
        sorted.removeIf(deadline -> ids.contains(deadline.id()));
    }

    /** Returns the earliest deadline, passed or not; {@link Instant#MAX} if there is none. */
    public Instant next() {
        return sorted.isEmpty()
                ? Instant.MAX
                : Instant.ofEpochMilli(sorted.first().millis());
    }
}
