package dev.sluice.journal;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Selects jobs; a null component matches all.
 *
 * @param route those of this route
 * @param state those in this state
 * @param from those accepted then or later
 * @param to those accepted before
 */
public record JobFilter(
        @Nullable String route,
        @Nullable JobState state,
        @Nullable Instant from,
        @Nullable Instant to) {

    public static final JobFilter ALL = new JobFilter(null, null, null, null);

    private static final long LAST_MILLIS = (1L << 48) - 1;

    /** The same filter for jobs in that state. */
    public JobFilter of(JobState other) {
        return new JobFilter(route, other, from, to);
    }

    /** Whether the job has the requested route and state; its time of acceptance is not considered. */
    public boolean matches(Job job) {
        return (route == null || route.equals(job.route())) && (state == null || state == job.state());
    }

    /**
     * The lower bound of the ids of jobs accepted at {@code from} or later. The time of acceptance is the one in the
     * id.
     */
    public JobId lowest() {
        return from == null ? new JobId(0, 0) : firstId(ceilMillis(from));
    }

    /**
     * The upper bound, exclusive, of the ids of jobs accepted before {@code to} that are smaller than {@code before};
     * null for none.
     *
     * @param before null for no bound
     */
    public @Nullable JobId end(@Nullable JobId before) {
        JobId end = to == null || ceilMillis(to) > LAST_MILLIS ? null : firstId(ceilMillis(to));
        return before == null || (end != null && end.compareTo(before) < 0) ? end : before;
    }

    private static JobId firstId(long millis) {
        return millis > LAST_MILLIS ? new JobId(-1, -1) : new JobId(Math.max(0, millis) << 16, 0);
    }

    private static long ceilMillis(Instant instant) {
        try {
            long millis = instant.toEpochMilli();
            return Instant.ofEpochMilli(millis).isBefore(instant) ? Math.addExact(millis, 1) : millis;
        } catch (ArithmeticException e) {
            return instant.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }
}
