package dev.sluice.journal;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What waits, by route. Values are momentary and may be read from any thread. Where several nodes share the journal, what
 * this node does is counted at once, and what the others do some seconds later.
 */
public interface Backlog {

    /** The backlog of a route; {@link RouteBacklog#EMPTY} for an id that has no jobs. */
    RouteBacklog of(String route);

    /**
     * How many due waiting jobs of a route are as urgent as that, or more: what a job of that urgency has ahead of it
     * when it is accepted, but for what has aged.
     */
    long ahead(String route, int urgency);

    /** Jobs of all routes that are not finished and not running. */
    long waiting();

    /** Ids of the routes that have unfinished jobs. */
    Set<String> routes();

    /** How many nodes share the journal, this one included. */
    int nodes();

    /**
     * The backlog of one route.
     *
     * @param depth jobs that are not finished and not running, delayed ones included
     * @param delayed those of them that are not yet due
     * @param running jobs that are claimed
     * @param oldest when the one that is next in turn was accepted; null if none is due
     */
    record RouteBacklog(
            long depth,
            long delayed,
            long running,
            @Nullable Instant oldest) {
        public static final RouteBacklog EMPTY = new RouteBacklog(0, 0, 0, null);
    }
}
