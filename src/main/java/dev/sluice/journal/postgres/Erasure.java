package dev.sluice.journal.postgres;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import reactor.core.publisher.Mono;

/** Erases finished jobs with all that belongs to them, and in time their tombstones; in steps, each a transaction. */
final class Erasure {

    private static final int AT_ONCE = 256;

    static final String EXPIRED = Sql.of("erase-expired", Map.of("most", AT_ONCE));

    static final String ONE = Sql.of("erase-one");

    private static final String BURY = Sql.of("bury", Map.of("most", AT_ONCE));

    private static final String IS_ERASED = Sql.of("is-erased");

    private static final String UNFINISHED = Sql.of("unfinished");

    private final Database database;

    Erasure(Database database) {
        this.database = database;
    }

    /** As {@link dev.sluice.journal.Journal#purge}. */
    Mono<Long> purge(Instant now, Duration tombstones) {
        long until = now.toEpochMilli();
        Mono<Long> jobs =
                steps(database.rows(EXPIRED, statement -> statement.bind("$1", until), row -> Rows.number(row, 0))
                        .next());
        Mono<Long> graves = steps(database.update(
                BURY, statement -> statement.bind("$1", now.minus(tombstones).toEpochMilli())));
        return jobs.flatMap(erased -> graves.thenReturn(erased)).onErrorMap(Reads::unavailable);
    }

    private static Mono<Long> steps(Mono<Long> step) {
        return step.expand(done -> done < AT_ONCE ? Mono.empty() : step).reduce(0L, Long::sum);
    }

    /** As {@link dev.sluice.journal.Journal#forget}. */
    Mono<Boolean> forget(JobId id) {
        return once(id).onErrorResume(
                        error -> Faults.kind(error) == Faults.Kind.UNKNOWN,
                        error ->
                                database.patiently(once(id).flatMap(erased -> erased ? Mono.just(true) : isErased(id))))
                .onErrorMap(Reads::unavailable);
    }

    /** By whoever: it was unfinished or there when it was first tried. */
    private Mono<Boolean> isErased(JobId id) {
        return database.rows(IS_ERASED, statement -> statement.bind("$1", Rows.uuid(id)), row -> Rows.flag(row, 0))
                .next();
    }

    private Mono<Boolean> once(JobId id) {
        return database.rows(ONE, statement -> statement.bind("$1", Rows.uuid(id)), row -> Rows.number(row, 0))
                .next()
                .flatMap(erased -> erased > 0
                        ? Mono.just(true)
                        : database.rows(UNFINISHED, statement -> statement.bind("$1", Rows.uuid(id)), Rows::job)
                                .next()
                                .flatMap(Erasure::refused)
                                .defaultIfEmpty(false));
    }

    private static Mono<Boolean> refused(Job unfinished) {
        return Mono.error(new IllegalTransitionException(unfinished, "erase"));
    }
}
