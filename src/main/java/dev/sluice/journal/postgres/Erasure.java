package dev.sluice.journal.postgres;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Journal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import reactor.core.publisher.Mono;

/** Erases finished jobs with all that belongs to them, and in time their tombstones; in steps, each a transaction. */
final class Erasure {

    private static final int AT_ONCE = 256;

    /** About so many events go with a step. */
    private static final int EVENTS_AT_ONCE = 4_000;

    static final String EXPIRED =
            Sql.of("erase-expired", Map.of("kept", Journal.HISTORY_KEPT, "weight", EVENTS_AT_ONCE));

    static final String ONE = Sql.of("erase-one");

    private static final String BURY = Sql.of("bury", Map.of("most", AT_ONCE));

    private static final String IS_ERASED = Sql.of("is-erased");

    private static final String UNFINISHED = Sql.of("unfinished");

    private final Database database;
    private final PieceSweep sweep;
    private final StepSize size = new StepSize(AT_ONCE);

    Erasure(Database database, PieceSweep sweep) {
        this.database = database;
        this.sweep = sweep;
    }

    /** As {@link dev.sluice.journal.Journal#purge}. */
    Mono<Long> purge(Instant now, Duration tombstones) {
        long until = now.toEpochMilli();
        Mono<Long> jobs = size.steps(most -> database.rows(
                        EXPIRED, statement -> statement.bind("$1", until).bind("$2", most), row -> Rows.number(row, 0))
                .next());
        Mono<Long> graves = steps(database.update(
                BURY, statement -> statement.bind("$1", now.minus(tombstones).toEpochMilli())));
        return jobs.flatMap(erased -> sweep.run().then(graves).thenReturn(erased))
                .onErrorMap(Reads::unavailable);
    }

    private static Mono<Long> steps(Mono<Long> step) {
        return step.expand(done -> done < AT_ONCE ? Mono.empty() : step).reduce(0L, Long::sum);
    }

    /** As {@link dev.sluice.journal.Journal#forget}. */
    Mono<Boolean> forget(JobId id) {
        return erased(id)
                .flatMap(erased -> erased ? sweep.run().thenReturn(true) : Mono.just(false))
                .onErrorMap(Reads::unavailable);
    }

    private Mono<Boolean> erased(JobId id) {
        return once(id).onErrorResume(
                        error -> Faults.kind(error) == Faults.Kind.UNKNOWN,
                        error -> database.patiently(
                                once(id).flatMap(erased -> erased ? Mono.just(true) : isErased(id))));
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
