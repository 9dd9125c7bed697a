package dev.sluice.protection;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import java.time.Instant;
import java.util.Collection;

/**
 * Limits the calls of the backends for one reason. Called by the claimer and by attempts; thread-safe, never blocks, and cheap:
 * {@link #opening} is asked for each route before each claim.
 */
public interface Protection {

    /**
     * Whether it concerns calls of this policy; if not, nothing else is asked or told about them. What is learned from one call
     * about a backend does not concern deliveries of callbacks, each of which has a receiver of its own.
     */
    default boolean protects(CallPolicy policy) {
        return !policy.deliversCallbacks();
    }

    /**
     * What may be started of a route.
     *
     * @param policy the route's
     * @param underWay how many of its jobs run on this node
     */
    Opening opening(CallPolicy policy, int underWay, Instant now);

    /**
     * Jobs of a route were claimed and will be called; {@link #ended} follows once for each, unless the node stops.
     *
     * @param jobs as they were started; empty if there were none that could be
     */
    default void claimed(CallPolicy policy, Collection<Job> jobs, Instant now) {}

    /** How fast jobs can be started in the near future. */
    default Outlook outlook(CallPolicy policy, Instant now) {
        return Outlook.FREE;
    }

    /** A call of a job has ended. */
    default void ended(CallPolicy policy, EndedCall call, Instant now) {}

    /**
     * A backend that had taken a job over has sent its answer by a call of its own. The call of the job {@linkplain #ended ended}
     * long before.
     */
    default void completed(CallPolicy policy, EndedCall answer, Instant now) {}
}
