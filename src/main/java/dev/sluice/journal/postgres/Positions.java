package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import io.r2dbc.spi.Statement;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/**
 * The how-many-th a job is among the due waiting ones of its route. Counting costs an index entry for each one ahead, so
 * it stops somewhere, and what is further back is told what this node knows of the queue.
 */
final class Positions {

    static final int COUNTED = 10_000;

    private static final String ONE = Sql.of("position", Map.of("counted", COUNTED));

    private final Database database;
    private final LiveBacklog backlog;

    Positions(Database database, LiveBacklog backlog) {
        this.database = database;
        this.backlog = backlog;
    }

    /** The position of a job; 0 if it does not wait or is not due. */
    Mono<Long> of(Job job) {
        return job.state() != JobState.QUEUED
                ? Mono.just(0L)
                : database.rows(
                                ONE,
                                statement -> bindHeads(statement.bind("$1", Rows.uuid(job.id()))),
                                row -> Rows.number(row, 0))
                        .next()
                        .map(counted -> told(job, counted))
                        .defaultIfEmpty(0L);
    }

    /** Binds what the position needs. */
    Statement bindHeads(Statement statement) {
        Map<String, Long> heads = backlog.heads().all();
        List<String> routes = List.copyOf(heads.keySet());
        return statement
                .bind("$2", routes.toArray(String[]::new))
                .bind("$3", routes.stream().map(heads::get).toArray(Long[]::new));
    }

    /** What to say of a job with this count. */
    long told(Job job, long counted) {
        return counted <= COUNTED ? counted : Math.max(counted, backlog.before(job));
    }
}
