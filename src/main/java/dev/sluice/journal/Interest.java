package dev.sluice.journal;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What a subscriber of {@link Journal#tail} wants to hear. Asked on threads of the journal, for every event and every hint
 * of one: quick, never blocking, never throwing.
 */
public interface Interest {

    /** Whether to pass this event on. */
    boolean wants(JobEvent event);

    /**
     * Whether events of this job that another node recorded are to be fetched and offered to {@link #wants}. Others of
     * other nodes are not, even if another subscriber follows them. Where one node has the journal for itself nobody asks.
     */
    boolean follows(JobId id);

    /**
     * The jobs of which nothing may stay untold, and of each the number up to which everything is known: a journal that
     * is shared compares that with its record now and then, because hints of other nodes can be lost. May be empty.
     */
    Map<JobId, Long> followed();

    /** An interest in all events that the predicate accepts, whichever node records them, as far as hints of them come. */
    static Interest in(Predicate<JobEvent> wanted) {
        return new Interest() {
            @Override
            public boolean wants(JobEvent event) {
                return wanted.test(event);
            }

            @Override
            public boolean follows(JobId id) {
                return true;
            }

            @Override
            public Map<JobId, Long> followed() {
                return Map.of();
            }
        };
    }
}
