package dev.sluice.events;

import dev.sluice.job.JobState;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Lookup;
import org.jspecify.annotations.Nullable;

/**
 * How the answer to a job stands.
 *
 * @param found the job
 * @param answer the answer to its latest attempt; null if that has not begun or has broken off, or there is none
 */
public record AnswerStanding(Lookup found, @Nullable Answer answer) {

    static AnswerStanding of(Lookup found, Answer stored) {
        return new AnswerStanding(found, stored.complete() || isUnderWay(found, stored) ? stored : null);
    }

    private static boolean isUnderWay(Lookup found, Answer stored) {
        return found instanceof Lookup.Known known
                && known.job().state() == JobState.RUNNING
                && known.job().attempt() == stored.attempt();
    }

    /** Whether there may be an answer to look for. */
    static boolean mayBeAnswered(Lookup found) {
        return found instanceof Lookup.Known known
                && (known.job().state() == JobState.RUNNING || known.job().result() != null);
    }

    /** Whether an answer has begun, or none can be expected. */
    public boolean isSettled() {
        return answer != null || isEnded();
    }

    /** Whether the job has finished or is gone. */
    public boolean isEnded() {
        return !(found instanceof Lookup.Known known) || known.job().state().finished();
    }
}
