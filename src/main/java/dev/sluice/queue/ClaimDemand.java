package dev.sluice.queue;

import dev.sluice.journal.JobReader;
import dev.sluice.journal.WorkQueue;
import dev.sluice.protection.Opening;
import dev.sluice.protection.Protections;
import dev.sluice.route.CurrentRoutes;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * How many jobs of each route to claim: as many as the readers requested and its protections allow; and some of each of the
 * {@link GoneRoutes}. For the claimer's thread only.
 */
final class ClaimDemand {

    /** Largest number of jobs of one route in one claim, which bounds the memory of a claim. */
    static final int MOST_AT_ONCE = 256;

    private final JobQueue queue;
    private final JobReader journal;
    private final GoneRoutes gone;
    private final Protections protections;

    private Instant nextOpening = Instant.MAX;
    private boolean restricted;

    ClaimDemand(JobQueue queue, JobReader journal, CurrentRoutes routes, Protections protections) {
        this.queue = queue;
        this.journal = journal;
        this.gone = new GoneRoutes(journal, routes);
        this.protections = protections;
    }

    /**
     * The current demand by route; routes without any are left out.
     *
     * @param sweep whether to include routes that are gone
     */
    Map<String, WorkQueue.Demand> now(Instant now, boolean sweep) {
        Map<String, WorkQueue.Demand> demand = new HashMap<>();
        nextOpening = Instant.MAX;
        restricted = false;
        for (Map.Entry<String, RouteSink> sink : queue.sinks()) {
            RouteSink reader = sink.getValue();
            int free = Math.min(MOST_AT_ONCE, reader.demand());
            if (free > 0) {
                Opening opening = protections.opening(reader.policy(), reader.underWay(), now);
                nextOpening = nextOpening.isBefore(opening.next()) ? nextOpening : opening.next();
                reader.closed(opening.isClosed());
                restricted |= opening.isClosed() || !opening.next().equals(Instant.MAX);
                if (!opening.isClosed()) {
                    demand.put(sink.getKey(), demand(reader, Math.min(free, opening.room()), opening));
                }
            }
        }
        if (sweep) {
            gone.now(now).forEach(route -> demand.put(route, WorkQueue.Demand.of(MOST_AT_ONCE)));
        }
        return demand;
    }

    private static WorkQueue.Demand demand(RouteSink reader, int room, Opening opening) {
        int limit = reader.policy().concurrency().cluster();
        return new WorkQueue.Demand(room, limit, opening.retries(), opening.held(), opening.perTurn());
    }

    /** When a protection allows more, as of the last {@link #now}; {@link Instant#MAX} if none will by itself. */
    Instant nextOpening() {
        return nextOpening;
    }

    /**
     * Whether another claim would find nothing and tell the protections nothing, unless something happens of which the claimer is
     * told: no job is unfinished, and the last {@link #now} met no protection that waits for a time or for being asked again.
     */
    boolean nothingIsDue() {
        return !restricted && journal.backlog().isEmpty();
    }

    boolean isGone(String route) {
        return gone.isGone(route);
    }
}
