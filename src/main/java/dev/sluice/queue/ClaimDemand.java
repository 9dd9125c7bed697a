package dev.sluice.queue;

import dev.sluice.journal.JobReader;
import dev.sluice.journal.WorkQueue;
import dev.sluice.protection.Opening;
import dev.sluice.protection.Protections;
import dev.sluice.route.CurrentRoutes;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How many jobs of each route to claim: as many as the readers requested and its protections allow; and some of each route that
 * is no longer configured but has unfinished jobs, so that they fail rather than disappear; where there are other nodes, after a
 * time in which they may have read a new route that this one has not. For the claimer's thread only.
 */
final class ClaimDemand {

    /** Largest number of jobs of one route in one claim, which bounds the memory of a claim. */
    static final int MOST_AT_ONCE = 256;

    /** How often to look for routes that are gone, which costs more than counting demand. */
    private static final Duration SWEEP = Duration.ofSeconds(1);

    private final JobQueue queue;
    private final JobReader journal;
    private final CurrentRoutes routes;
    private final Protections protections;

    /** How long another node may know a route before this one does, where nodes read their files at different times. */
    private static final Duration KNOWN_ELSEWHERE = Duration.ofMinutes(5);

    /** Since when a route with unfinished jobs has been unknown here. */
    private Map<String, Instant> gone = Map.of();

    private Instant nextSweep = Instant.MIN;
    private Instant nextOpening = Instant.MAX;

    ClaimDemand(JobQueue queue, JobReader journal, CurrentRoutes routes, Protections protections) {
        this.queue = queue;
        this.journal = journal;
        this.routes = routes;
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
        for (Map.Entry<String, RouteSink> sink : queue.sinks()) {
            RouteSink reader = sink.getValue();
            int free = Math.min(MOST_AT_ONCE, reader.demand());
            if (free > 0) {
                Opening opening = protections.opening(reader.policy(), reader.underWay(), now);
                nextOpening = nextOpening.isBefore(opening.next()) ? nextOpening : opening.next();
                reader.closed(opening.isClosed());
                if (!opening.isClosed()) {
                    demand.put(sink.getKey(), demand(reader, Math.min(free, opening.room()), opening));
                }
            }
        }
        if (!now.isBefore(nextSweep)) {
            nextSweep = now.plus(SWEEP);
            Map<String, Instant> known = gone;
            gone = journal.backlog().routes().stream()
                    .filter(this::isGone)
                    .collect(Collectors.toMap(route -> route, route -> known.getOrDefault(route, now)));
        }
        if (sweep) {
            Instant since = journal.backlog().nodes() > 1 ? now.minus(KNOWN_ELSEWHERE) : now;
            gone.forEach((route, from) -> {
                if (!from.isAfter(since)) {
                    demand.put(route, WorkQueue.Demand.of(MOST_AT_ONCE));
                }
            });
        }
        return demand;
    }

    private static WorkQueue.Demand demand(RouteSink reader, int room, Opening opening) {
        int limit = reader.policy().concurrency().cluster();
        return new WorkQueue.Demand(room, limit, opening.retries(), opening.held());
    }

    /** When a protection allows more, as of the last {@link #now}; {@link Instant#MAX} if none will by itself. */
    Instant nextOpening() {
        return nextOpening;
    }

    boolean isGone(String route) {
        return routes.byId(route).isEmpty();
    }
}
