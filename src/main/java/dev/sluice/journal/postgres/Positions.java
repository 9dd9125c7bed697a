package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import java.util.Arrays;
import java.util.Map;

/**
 * The positions of jobs among the due waiting ones of their route. Counting reads an index entry for each job ahead, so
 * it is limited; beyond the limit the position is estimated from this node's backlog.
 */
final class Positions {

    static final int COUNTED = 10_000;

    private static final String ONE = Sql.of("position", Map.of("counted", COUNTED));

    private final Database database;
    private final SharedBacklog backlog;

    Positions(Database database, SharedBacklog backlog) {
        this.database = database;
        this.backlog = backlog;
    }

    /** Returns the position of a job; 0 if it is not waiting or not due. */
    long of(Job job) {
        if (job.state() != JobState.QUEUED) {
            return 0;
        }
        RouteHeads heads = heads();
        Long counted =
                database.first(ONE, row -> Rows.number(row, 0), Rows.uuid(job.id()), heads.routes(), heads.ranks());
        return counted == null ? 0 : told(job, counted);
    }

    /** The parameters for counting positions. */
    record RouteHeads(String[] routes, Long[] ranks) {}

    RouteHeads heads() {
        Map<String, Long> heads = backlog.heads().all();
        String[] routes = heads.keySet().toArray(String[]::new);
        return new RouteHeads(routes, Arrays.stream(routes).map(heads::get).toArray(Long[]::new));
    }

    /** Converts a count into a position. */
    long told(Job job, long counted) {
        return counted <= COUNTED ? counted : Math.max(counted, backlog.before(job));
    }
}
