package dev.sluice.journal.postgres;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;

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
    long purge(Instant now, Duration tombstones) {
        long erased = inSteps(() -> count(EXPIRED, now.toEpochMilli()));
        inSteps(() -> database.update(BURY, now.minus(tombstones).toEpochMilli()));
        return erased;
    }

    private static long inSteps(LongSupplier step) {
        long all = 0;
        long done;
        do {
            done = step.getAsLong();
            all += done;
        } while (done >= AT_ONCE);
        return all;
    }

    /** Removes an erased job, or says why not. */
    boolean forget(JobId id) {
        if (count(ONE, Rows.uuid(id)) > 0) {
            return true;
        }
        Job unfinished = database.first(UNFINISHED, Rows::job, Rows.uuid(id));
        if (unfinished != null) {
            throw new IllegalTransitionException(unfinished, "erase");
        }
        return false;
    }

    /** As {@link #forget}, after a try whose end is not known; whoever erased it, it was there when it was first tried. */
    boolean forgetAgain(JobId id) {
        return forget(id) || Boolean.TRUE.equals(database.first(IS_ERASED, row -> Rows.flag(row, 0), Rows.uuid(id)));
    }

    private long count(String sql, Object parameter) {
        return database.rows(sql, row -> Rows.number(row, 0), parameter).get(0);
    }
}
