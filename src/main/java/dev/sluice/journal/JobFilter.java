package dev.sluice.journal;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which jobs are meant; what is null does not matter.
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

    /** Whether the job has the route and the state that are asked for; its time of acceptance is not looked at. */
    public boolean matches(Job job) {
        return (route == null || route.equals(job.route())) && (state == null || state == job.state());
    }

    /** No id of a job accepted at {@code from} or later is smaller. The time of acceptance is the one in the id. */
    public JobId lowest() {
        return from == null ? new JobId(0, 0) : firstId(ceilMillis(from));
    }

    /**
     * Where such a list begins, exclusive: the jobs accepted before {@code to} whose id is smaller than {@code before} are
     * those with a smaller id than this. Null if that is any.
     *
     * @param before null if it does not matter
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
