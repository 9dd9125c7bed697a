package dev.sluice.queue;

import dev.sluice.journal.JobReader;
import dev.sluice.route.CurrentRoutes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The routes that are no longer configured but have unfinished jobs, which are to fail rather than disappear. Where there are
 * other nodes, only after a time in which they may have read a new route that this one has not. For one thread.
 */
final class GoneRoutes {

    /** How often to look for them. */
    private static final Duration SWEEP = Duration.ofSeconds(1);

    /** How long another node may know a route before this one does, where nodes read their files at different times. */
    private static final Duration KNOWN_ELSEWHERE = Duration.ofMinutes(5);

    private final JobReader journal;
    private final CurrentRoutes routes;

    /** Since when a route with unfinished jobs has been unknown here. */
    private Map<String, Instant> gone = Map.of();

    private Instant nextSweep = Instant.MIN;

    GoneRoutes(JobReader journal, CurrentRoutes routes) {
        this.journal = journal;
        this.routes = routes;
    }

    /** Whether a route is not configured. */
    boolean isGone(String route) {
        return routes.byId(route).isEmpty();
    }

    /** The routes whose jobs are to fail. */
    List<String> now(Instant now) {
        if (!now.isBefore(nextSweep)) {
            nextSweep = now.plus(SWEEP);
            Map<String, Instant> known = gone;
            gone = journal.backlog().routes().stream()
                    .filter(this::isGone)
                    .collect(Collectors.toMap(route -> route, route -> known.getOrDefault(route, now)));
        }
        Instant since = journal.backlog().nodes() > 1 ? now.minus(KNOWN_ELSEWHERE) : now;
        return gone.entrySet().stream()
                .filter(route -> !route.getValue().isAfter(since))
                .map(Map.Entry::getKey)
                .toList();
    }
}
