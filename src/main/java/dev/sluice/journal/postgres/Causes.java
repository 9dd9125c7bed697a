package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.NewJob;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** Appends the jobs that ends cause, in the transaction of the end. */
final class Causes {

    private final FollowUps followUps;
    private final BooleanSupplier apart;
    private final SharedBacklog backlog;
    private final Feed feed;

    /**
     * Creates an instance that keeps nothing between its calls.
     *
     * @param apart whether credentials may be stored apart from the request
     */
    Causes(FollowUps followUps, BooleanSupplier apart, SharedBacklog backlog, Feed feed) {
        this.followUps = followUps;
        this.apart = apart;
        this.backlog = backlog;
        this.feed = feed;
    }

    FollowUps followUps() {
        return followUps;
    }

    /** A job that was caused. */
    record Accepted(Job job, boolean due) {

        private static Accepted of(Map<JobId, NewJob> wanted, JobId id, long order, boolean due) {
            NewJob job = Objects.requireNonNull(wanted.get(id));
            return new Accepted(
                    job.accepted(order), due && !job.dueAt().isAfter(job.spec().acceptedAt()));
        }
    }

    /** Returns what those of some groups cause that are finished and not erased, as the transaction sees them. */
    List<FollowUp> ofFinished(Session session, Collection<GroupId> groups) throws SQLException {
        List<FollowUp> caused = new ArrayList<>();
        if (!groups.isEmpty()) {
            for (GroupRows.Row row :
                    session.rows(GroupStore.GROUPS, GroupRows::row, (Object) GroupRows.uuids(groups))) {
                if (row.group().finishedAt() != null && !row.isErased()) {
                    caused.addAll(followUps.of(row.group()));
                }
            }
        }
        return caused;
    }

    List<Accepted> append(Session session, List<FollowUp> caused) throws SQLException {
        if (caused.isEmpty()) {
            return List.of();
        }
        List<AppendRow> rows = caused.stream()
                .map(one -> AppendRow.of(one, apart.getAsBoolean()))
                .toList();
        Map<JobId, NewJob> wanted = byId(caused.stream().map(FollowUp::job).toList());
        return session.rows(AppendSql.PLAIN, Appends::made, AppendSql.parameters(rows, backlog)).stream()
                .map(made -> Accepted.of(wanted, made.id(), made.order(), made.due()))
                .toList();
    }

    /** Makes jobs known that are committed. */
    void tell(List<Accepted> accepted) {
        accepted.forEach(one -> {
            backlog.accepted(one.job(), one.due());
            feed.recorded(one.job().accepted());
        });
    }

    /** Makes those of some jobs known that turn out to be committed. */
    void tellOfCommitted(Database database, List<NewJob> caused) {
        if (!caused.isEmpty()) {
            Map<JobId, NewJob> wanted = byId(caused);
            tell(database.rows(
                    AppendSql.MADE, row -> Accepted.of(wanted, Rows.id(row, 0), Rows.number(row, 1), true), (Object)
                            Rows.uuids(wanted.keySet())));
        }
    }

    private static Map<JobId, NewJob> byId(List<NewJob> jobs) {
        Map<JobId, NewJob> byId = new HashMap<>();
        jobs.forEach(job -> byId.put(job.id(), job));
        return byId;
    }
}
