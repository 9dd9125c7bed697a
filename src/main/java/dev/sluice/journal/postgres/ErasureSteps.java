package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Journal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Erases finished jobs, and later their tombstones, in steps of one transaction each. */
final class ErasureSteps {

    private static final int AT_ONCE = 256;

    /** The approximate limit of events erased in a step. */
    private static final int EVENTS_AT_ONCE = 4_000;

    static final String EXPIRED =
            Sql.of("erase-expired", Map.of("kept", Journal.HISTORY_KEPT, "weight", EVENTS_AT_ONCE));

    static final String ONE = Sql.of("erase-one");

    private static final String BURY = Sql.of("bury", Map.of("most", AT_ONCE));

    private static final String NOW = "select millis()";

    private static final String IS_ERASED = Sql.of("is-erased");

    private static final String UNFINISHED = Sql.of("unfinished");

    static final String EXPIRE_GROUPS = Sql.of("group-expire", Map.of("most", AT_ONCE));

    static final String EXPIRED_GROUPS = Sql.of("group-expired", Map.of("most", AT_ONCE));

    static final String SWEEP_GROUP = Sql.of("group-sweep", Map.of("most", EVENTS_AT_ONCE));

    private static final String BURY_GROUPS = Sql.of("group-bury", Map.of("most", AT_ONCE));

    private final Database database;
    private final PieceSweep sweep;
    private final GroupStore groups;
    private final StepSize size = new StepSize(AT_ONCE);

    ErasureSteps(Database database, PieceSweep sweep, GroupStore groups) {
        this.database = database;
        this.sweep = sweep;
        this.groups = groups;
    }

    /** Returns the database's time, which determines what has expired. */
    Instant now() {
        return Instant.ofEpochMilli(count(NOW));
    }

    /** As {@link dev.sluice.journal.Journal#purge} at that time. */
    long purge(Instant now, Duration tombstones) {
        long erased = size.steps(most -> count(EXPIRED, now.toEpochMilli(), most));
        sweep.run();
        inSteps(() -> database.update(EXPIRE_GROUPS, now.toEpochMilli()));
        inSteps(this::eraseGroups);
        long buried = now.minus(tombstones).toEpochMilli();
        inSteps(() -> database.update(BURY, buried));
        inSteps(() -> database.update(BURY_GROUPS, buried));
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

    /** Erases what some of the groups tell that have expired; their jobs have a time of their own. */
    private long eraseGroups() {
        List<GroupId> expired = database.read(EXPIRED_GROUPS, row -> new GroupId(Rows.id(row, 0)));
        for (GroupId id : expired) {
            do {
                database.update(SWEEP_GROUP, GroupRows.uuid(id));
            } while (!groups.isGone(id));
        }
        return expired.size();
    }

    /** Erases a finished job; false if it does not exist. */
    boolean forget(JobId id) {
        if (count(ONE, Rows.uuid(id)) > 0) {
            sweep.run();
            return true;
        }
        Job unfinished = database.first(UNFINISHED, Rows::job, Rows.uuid(id));
        if (unfinished != null) {
            throw new IllegalTransitionException(unfinished, "erase");
        }
        return false;
    }

    /**
     * As {@link #forget}, after a try whose outcome is unknown: a job erased meanwhile counts as erased by this call, which
     * removes what the try may have left of it.
     */
    boolean forgetAgain(JobId id) {
        if (forget(id)) {
            return true;
        }
        boolean erased = Boolean.TRUE.equals(database.first(IS_ERASED, row -> Rows.flag(row, 0), Rows.uuid(id)));
        if (erased) {
            sweep.run();
        }
        return erased;
    }

    private long count(String sql, Object... parameters) {
        return database.rows(sql, row -> Rows.number(row, 0), parameters).get(0);
    }
}
