package dev.sluice.journal;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Selects the events that a subscriber of {@link Journal#tail} receives. Called on threads of the journal for every
 * event and every hint of one; implementations must be fast and neither block nor throw.
 */
public interface Interest {

    /** Whether the subscriber receives this event. */
    boolean wants(JobEvent event);

    /**
     * Whether events of this job recorded by other nodes are fetched and offered to {@link #wants}. Events of other
     * nodes that it does not follow are not offered, even if another subscriber follows them. Not called where only one
     * node uses the journal.
     */
    boolean follows(JobId id);

    /**
     * The jobs of which no event may be missed, each with the number up to which all events are known. A shared journal
     * compares these with its record periodically, because hints of other nodes can be lost. May be empty.
     */
    Map<JobId, Long> followed();

    /**
     * Returns an interest in all events that the predicate accepts, recorded by any node, as far as hints of them
     * arrive.
     */
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
