package dev.sluice.journal.postgres;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.time.Instant;
import reactor.core.publisher.Mono;

/** Erases finished jobs with all that belongs to them, and in time their tombstones; in steps, each a transaction. */
final class Erasure {

    private static final int AT_ONCE = 256;

    private static final String ERASE = """
            gone as (delete from outcome o where o.id = any(array(select id from picked)) returning o.id),
            j as (delete from job where id = any(array(select id from gone)) returning job.id, job.key),
            e as (delete from event where job = any(array(select id from gone))),
            p as (delete from piece where job = any(array(select id from gone))),
            k as (delete from idempotency i using j
              where i.key = any(array(select key from j)) and i.key = j.key and i.job = j.id),
            t as (insert into tombstone (id, erased_at) select id, millis() from gone on conflict do nothing)
            select count(*) from gone""";

    static final String EXPIRED = """
            with picked as materialized (select id from outcome where expires_at <= $1
              order by expires_at limit %d for update skip locked),
            """.formatted(AT_ONCE) + ERASE;

    static final String ONE = "with picked as materialized (select id from outcome where id = $1 for update)," + ERASE;

    private static final String BURY = """
            delete from tombstone where id = any(array(select id from tombstone where erased_at <= $1
              order by erased_at limit %d for update skip locked))""".formatted(AT_ONCE);

    private static final String IS_ERASED = "select exists (select from tombstone where id = $1)";

    private static final String UNFINISHED =
            "select " + Rows.UNFINISHED + " from job j join live l on l.id = j.id where j.id = $1";

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
