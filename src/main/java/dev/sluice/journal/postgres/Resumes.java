package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.journal.WorkQueue.Claimed;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Claims parked jobs to check on them. Expired leases and deadlines are recorded first, as by {@link Claims}: a job whose check
 * was lost is parked again, due at once.
 */
final class Resumes {

    static final String RESUME = Sql.of("resume");

    private static final long NEVER = Long.MAX_VALUE;

    private final Database database;
    private final Running running;
    private final TimeLimits timeLimits;
    private final Expiry expiry;
    private final ClaimsInDoubt<Job> unsure;

    Resumes(Database database, Running running, TimeLimits timeLimits, Expiry expiry) {
        this.database = database;
        this.running = running;
        this.timeLimits = timeLimits;
        this.expiry = expiry;
        this.unsure = new ClaimsInDoubt<>(database, ClaimSql.ADOPT, Rows::job);
    }

    private record Row(@Nullable Job job, @Nullable Instant nextDue, boolean overdue, Expiry.@Nullable Look look) {}

    /** Jobs of an earlier claim whose response was lost are returned first, and alone; the next claim goes on at once. */
    Claimed resume(Map<String, Integer> room, Duration lease) {
        List<Job> adopted = unsure.found();
        if (adopted != null) {
            return claimed(adopted, lease, Instant.EPOCH);
        }
        List<Row> rows = take(room, lease, expiry.nextLook());
        Row first = rows.get(0);
        if (first.overdue()) {
            timeLimits.failAllOverdue();
        }
        Expiry.Look look = first.look();
        if (look != null) {
            expiry.looked(look);
            if (look.foundLost()) {
                timeLimits.lose();
                rows = take(room, lease, NEVER);
            }
        }
        Instant next = rows.get(0).nextDue();
        return claimed(jobs(rows), lease, next == null ? Instant.MAX : next);
    }

    /** Adopts jobs claimed but not handed out, so that they can be released. */
    void takeOver(Duration lease) {
        List<Job> adopted = unsure.found();
        if (adopted != null) {
            adopted.forEach(job -> running.claimed(job, lease));
        }
    }

    private List<Row> take(Map<String, Integer> room, Duration lease, long nextLook) {
        String[] routes = room.keySet().toArray(String[]::new);
        DoubtfulClaim claim = new DoubtfulClaim(routes, lease.toMillis());
        Integer[] rooms = List.of(routes).stream().map(room::get).toArray(Integer[]::new);
        try {
            return database.rows(RESUME, Resumes::row, routes, rooms, lease.toMillis(), claim.number, nextLook);
        } catch (DatabaseException e) {
            List<Job> adopted = Faults.kind(e) == Faults.Kind.UNKNOWN ? unsure.lost(claim) : null;
            if (adopted == null) {
                throw e;
            }
            return adopted.stream()
                    .map(job -> new Row(job, Instant.EPOCH, false, null))
                    .toList();
        }
    }

    private static Row row(ResultSet row) throws SQLException {
        int after = Rows.WIDTH;
        return new Row(
                Rows.isNull(row, 0) ? null : Rows.job(row),
                Rows.instant(row, after),
                Rows.flag(row, after + 1),
                Rows.isNull(row, after + 3) ? null : Expiry.Look.of(row, after + 2));
    }

    private static List<Job> jobs(List<Row> rows) {
        return rows.stream().map(Row::job).filter(Objects::nonNull).toList();
    }

    private Claimed claimed(List<Job> jobs, Duration lease, Instant nextDue) {
        jobs.forEach(job -> running.claimed(job, lease));
        return new Claimed(jobs, nextDue);
    }
}
