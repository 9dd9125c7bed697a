package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.postgres.MoveSql.Planned;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * Writes the ends of jobs, and in the same transaction the jobs that they cause, which are decided with the recorded time of the
 * end. Ends that cause nothing are written in one statement, as all other moves.
 */
final class EndWriter {

    private final Database database;
    private final FollowUps followUps;
    private final BooleanSupplier apart;
    private final SharedBacklog backlog;
    private final Feed feed;

    /**
     * Creates an instance that keeps nothing between its calls.
     *
     * @param apart whether credentials may be stored apart from the request
     */
    EndWriter(Database database, FollowUps followUps, BooleanSupplier apart, SharedBacklog backlog, Feed feed) {
        this.database = database;
        this.followUps = followUps;
        this.apart = apart;
        this.backlog = backlog;
        this.feed = feed;
    }

    /** A job that was caused. */
    private record Accepted(Job job, boolean due) {

        static Accepted of(Map<JobId, NewJob> wanted, JobId id, long order, boolean due) {
            NewJob job = Objects.requireNonNull(wanted.get(id));
            return new Accepted(
                    job.accepted(order), due && !job.dueAt().isAfter(job.spec().acceptedAt()));
        }
    }

    /** Returns the jobs that were ended, and when. */
    Map<JobId, Instant> write(List<Planned> plan) {
        if (plan.isEmpty()) {
            return Map.of();
        } else if (plan.stream()
                .allMatch(planned -> planned.step().causes(followUps).isEmpty())) {
            return database.use(session -> ends(session, plan));
        }
        List<Accepted> accepted = new ArrayList<>();
        Map<JobId, Instant> ended = database.transaction(session -> {
            Map<JobId, Instant> ends = ends(session, plan);
            List<AppendRow> caused = new ArrayList<>();
            for (Planned planned : plan) {
                Instant at = ends.get(planned.move().id);
                if (at != null) {
                    planned.move().causes(rows(caused(planned, at), caused));
                }
            }
            accepted.addAll(append(session, caused));
            return ends;
        });
        accepted.forEach(this::tell);
        return ended;
    }

    private static Map<JobId, Instant> ends(Session session, List<Planned> plan) throws SQLException {
        Map<JobId, Instant> ends = new HashMap<>();
        session.rows(MoveSql.END, EndWriter::end, MoveSql.end(plan))
                .forEach(end -> ends.put(end.getKey(), end.getValue()));
        return ends;
    }

    private static Map.Entry<JobId, Instant> end(ResultSet row) throws SQLException {
        return Map.entry(Rows.id(row, 0), Instant.ofEpochMilli(Rows.number(row, 1)));
    }

    private List<FollowUp> caused(Planned planned, Instant at) {
        return Decision.step(planned.step().before(), planned.move().transition, at)
                .causes(followUps);
    }

    /** Adds the rows of these, and returns their jobs. */
    private List<NewJob> rows(List<FollowUp> caused, List<AppendRow> rows) {
        caused.forEach(one -> rows.add(AppendRow.of(one, apart.getAsBoolean())));
        return caused.stream().map(FollowUp::job).toList();
    }

    private List<Accepted> append(Session session, List<AppendRow> rows) throws SQLException {
        if (rows.isEmpty()) {
            return List.of();
        }
        Map<JobId, NewJob> wanted = new HashMap<>();
        rows.forEach(row -> wanted.put(row.wanted.id(), row.wanted));
        return session.rows(AppendSql.PLAIN, Appends::made, AppendSql.parameters(rows, backlog)).stream()
                .map(made -> Accepted.of(wanted, made.id(), made.order(), made.due()))
                .toList();
    }

    /** Makes known what ends have caused that turn out to have been written by an earlier try. */
    void settled(List<PendingMove> written) {
        Map<JobId, NewJob> caused = new HashMap<>();
        written.forEach(move -> move.caused().forEach(job -> caused.put(job.id(), job)));
        if (!caused.isEmpty()) {
            database.rows(
                            AppendSql.MADE,
                            row -> Accepted.of(caused, Rows.id(row, 0), Rows.number(row, 1), true),
                            (Object) Rows.uuids(caused.keySet()))
                    .forEach(this::tell);
        }
    }

    private void tell(Accepted accepted) {
        backlog.accepted(accepted.job(), accepted.due());
        feed.recorded(accepted.job().accepted());
    }
}
