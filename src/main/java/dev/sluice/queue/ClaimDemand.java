package dev.sluice.queue;

import dev.sluice.journal.JobReader;
import dev.sluice.journal.WorkQueue;
import dev.sluice.route.RouteTable;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How many jobs of each route to claim: as many as the readers requested, unless the route is held; and some of each route that
 * is no longer configured but has unfinished jobs, so that they fail rather than disappear. For the claimer's thread only.
 */
final class ClaimDemand {

    /** Largest number of jobs of one route in one claim, which bounds the memory of a claim. */
    static final int MOST_AT_ONCE = 256;

    /** How often to look for routes that are gone, which costs more than counting demand. */
    private static final Duration SWEEP = Duration.ofSeconds(1);

    private final JobQueue queue;
    private final JobReader journal;
    private final RouteTable routes;
    private final RouteHolds holds;

    private Set<String> gone = Set.of();
    private Instant nextSweep = Instant.MIN;

    ClaimDemand(JobQueue queue, JobReader journal, RouteTable routes, RouteHolds holds) {
        this.queue = queue;
        this.journal = journal;
        this.routes = routes;
        this.holds = holds;
    }

    /**
     * The current demand by route; routes without any are left out.
     *
     * @param sweep whether to include routes that are gone
     */
    Map<String, WorkQueue.Demand> now(Instant now, boolean sweep) {
        Map<String, WorkQueue.Demand> demand = new HashMap<>();
        for (Map.Entry<String, RouteSink> sink : queue.sinks()) {
            int free = Math.min(MOST_AT_ONCE, sink.getValue().demand());
            if (free > 0 && holds.until(sink.getKey(), now) == null) {
                demand.put(
                        sink.getKey(),
                        new WorkQueue.Demand(free, sink.getValue().limit()));
            }
        }
        if (!now.isBefore(nextSweep)) {
            nextSweep = now.plus(SWEEP);
            gone = new TreeSet<>(journal.backlog().routes());
            gone.removeIf(route -> !isGone(route));
        }
        if (sweep) {
            gone.forEach(route -> demand.put(route, WorkQueue.Demand.of(MOST_AT_ONCE)));
        }
        return demand;
    }

    boolean isGone(String route) {
        return routes.byId(route).isEmpty();
    }
}
