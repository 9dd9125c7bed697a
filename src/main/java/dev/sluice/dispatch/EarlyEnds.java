package dev.sluice.dispatch;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Jobs that were ended from outside on their way from the claim to the attempt, which is then to end before it begins. Not
 * all of them have an attempt coming, so not many are kept: of one that is forgotten too early the next renewal of its lease
 * tells. For any thread.
 */
final class EarlyEnds {

    private static final int MOST = 1_000;

    private final Map<JobId, Job> outcomes = new ConcurrentHashMap<>();

    /** Remembers that a job is over, unless it was never claimed. */
    void note(Job outcome) {
        if (outcome.fence() > 0) {
            if (outcomes.size() >= MOST) {
                outcomes.clear();
            }
            outcomes.put(outcome.id(), outcome);
        }
    }

    /** What became of a claimed job already, and forgets it; null if nothing is known. */
    @Nullable
    Job take(Job claimed) {
        if (outcomes.isEmpty()) {
            return null;
        }
        Job outcome = outcomes.remove(claimed.id());
        return outcome != null && outcome.fence() == claimed.fence() ? outcome : null;
    }
}
