package dev.sluice.dispatch;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Jobs that were ended from outside between claim and attempt, so that the attempt ends before it begins. Not every such job
 * will have an attempt, so the number kept is limited; if one is dropped too early, the next renewal of its lease fails. For any
 * thread.
 */
final class EarlyEnds {

    private static final int MOST = 1_000;

    private final Map<JobId, Job> outcomes = new ConcurrentHashMap<>();

    /** Adds a finished job, unless it was never claimed. */
    void note(Job outcome) {
        if (outcome.fence() > 0) {
            if (outcomes.size() >= MOST) {
                outcomes.clear();
            }
            outcomes.put(outcome.id(), outcome);
        }
    }

    /** Removes and returns the outcome of a claimed job; null if none is known. */
    @Nullable
    Job take(Job claimed) {
        if (outcomes.isEmpty()) {
            return null;
        }
        Job outcome = outcomes.remove(claimed.id());
        return outcome != null && outcome.fence() == claimed.fence() ? outcome : null;
    }
}
