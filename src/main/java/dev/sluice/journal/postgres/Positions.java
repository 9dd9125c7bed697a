package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import java.util.List;
import java.util.Map;

/**
 * The positions of jobs among the due waiting ones of their route. The jobs of the same turn are counted; counting reads
 * an index entry for each job ahead, so it is limited. How many jobs of other turns come first, and positions beyond the
 * limit, are estimated from this node's backlog.
 */
final class Positions {

    static final int COUNTED = 10_000;

    /** The most heads that are sent with a statement; jobs of other lanes are counted from the beginning. */
    private static final int MOST_HEADS = 256;

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
        LaneHeads heads = heads();
        Long counted = database.first(
                ONE, row -> Rows.number(row, 0), Rows.uuid(job.id()), heads.routes(), heads.turns(), heads.ranks());
        return counted == null ? 0 : told(job, counted);
    }

    /** The parameters for counting positions. */
    record LaneHeads(String[] routes, Long[] turns, Long[] ranks) {

        static LaneHeads of(List<Heads.From> heads) {
            return new LaneHeads(
                    heads.stream().map(head -> head.lane().route()).toArray(String[]::new),
                    heads.stream().map(head -> head.lane().turn()).toArray(Long[]::new),
                    heads.stream().map(Heads.From::rank).toArray(Long[]::new));
        }
    }

    LaneHeads heads() {
        return LaneHeads.of(backlog.heads().all(MOST_HEADS));
    }

    /** Converts a count of the jobs of a job's turn into its position. */
    long told(Job job, long counted) {
        return counted <= COUNTED ? backlog.position(job, counted) : Math.max(counted, backlog.before(job));
    }
}
