package dev.sluice.journal;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The waiting jobs of each route. Values are snapshots; thread-safe. Where several nodes share the journal, changes
 * made by this node are counted at once and those of other nodes with a delay of some seconds.
 */
public interface Backlog {

    /** The backlog of a route; {@link RouteBacklog#EMPTY} for an id that has no jobs. */
    RouteBacklog of(String route);

    /**
     * The number of due waiting jobs of a route that are at least as urgent: those ahead of a job of that urgency when
     * it is accepted, apart from less urgent ones that have aged past it.
     */
    long ahead(String route, int urgency);

    /**
     * As {@link #ahead(String, int)}, for a job of this {@linkplain dev.sluice.job.JobSpec#turn turn}: the due jobs of the
     * same turn that are at least as urgent, and of each other turn at most one more than those.
     */
    default long ahead(String route, int urgency, long turn) {
        return ahead(route, urgency);
    }

    /**
     * The unfinished jobs of a {@linkplain dev.sluice.job.JobSpec#client client} on a route, running ones included. Where
     * several nodes share the journal and thousands of clients have unfinished jobs, those of other nodes are counted for the
     * clients that have most of them.
     */
    long unfinished(String route, long client);

    /** Jobs of all routes that are not finished and not running. */
    long waiting();

    /** Ids of the routes that have unfinished jobs. */
    Set<String> routes();

    /** How many nodes share the journal, this one included. */
    int nodes();

    /** Whether it is certain that no job is unfinished. With other nodes it never is: theirs are counted late. */
    default boolean isEmpty() {
        return nodes() == 1 && routes().isEmpty();
    }

    /**
     * The backlog of one route.
     *
     * @param depth jobs that are not finished and not running, delayed ones included
     * @param delayed those of them that are not yet due, or set aside because their caller is held
     * @param running jobs that are claimed, apart from the awaiting ones
     * @param awaiting running jobs whose backend has taken the work over ({@link dev.sluice.job.Awaiting}), whether they are
     *     parked or being checked on
     * @param oldest when the next job to be claimed was accepted; null if none is due
     */
    record RouteBacklog(
            long depth,
            long delayed,
            long running,
            long awaiting,
            @Nullable Instant oldest) {
        public static final RouteBacklog EMPTY = new RouteBacklog(0, 0, 0, null);

        /** The backlog of a route without awaiting jobs. */
        public RouteBacklog(long depth, long delayed, long running, @Nullable Instant oldest) {
            this(depth, delayed, running, 0, oldest);
        }
    }
}
