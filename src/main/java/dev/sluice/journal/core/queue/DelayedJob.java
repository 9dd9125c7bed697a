package dev.sluice.journal.core.queue;

import dev.sluice.job.Job;
import java.time.Instant;

/** A queued job that is not due when it enters the {@link DueIndex}. */
final class DelayedJob extends WaitingJob {

    final long dueMillis;

    DelayedJob(Job job, long dueMillis, Turn turn, WaitingCaller caller) {
        super(job, turn, caller);
        this.dueMillis = dueMillis;
    }

    boolean dueBefore(DelayedJob other) {
        return dueMillis != other.dueMillis ? dueMillis < other.dueMillis : orderBefore(other);
    }

    /** Rounds up, because a job may start late but never early; a time that does not fit means never. */
    static long ceilMillis(Instant instant) {
        try {
            long millis = instant.toEpochMilli();
            return Instant.ofEpochMilli(millis).isBefore(instant) ? Math.addExact(millis, 1) : millis;
        } catch (ArithmeticException e) {
            return instant.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }
}
