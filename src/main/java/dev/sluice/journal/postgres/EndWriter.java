package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.postgres.MoveSql.Planned;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes the ends of jobs, and in the same transaction the jobs that they cause, which are decided with the recorded time of the
 * end; so are those caused by groups that finish with them. Ends that cause nothing are written in one statement, as all other
 * moves.
 */
final class EndWriter {

    private final Database database;
    private final Causes causes;
    private final GroupFollowUps groupFollowUps;

    EndWriter(Database database, Causes causes) {
        this.database = database;
        this.causes = causes;
        this.groupFollowUps = new GroupFollowUps(database, causes.followUps());
    }

    /** Returns the jobs that were ended, and when. */
    Map<JobId, Instant> write(List<Planned> plan) {
        if (plan.isEmpty()) {
            return Map.of();
        } else if (!mayCause(plan)) {
            return database.use(session -> times(ends(session, plan)));
        }
        List<Causes.Accepted> accepted = new ArrayList<>();
        Map<JobId, Instant> ended = database.transaction(session -> {
            List<End> ends = ends(session, plan);
            Map<JobId, Instant> times = times(ends);
            boolean finishes = ends.stream().anyMatch(End::finishesGroup);
            accepted.addAll(causes.append(session, caused(session, plan, times, finishes)));
            return times;
        });
        causes.tell(accepted);
        return ended;
    }

    private boolean mayCause(List<Planned> plan) {
        if (plan.stream()
                .anyMatch(planned -> !planned.step().causes(causes.followUps()).isEmpty())) {
            return true;
        }
        Set<GroupId> groups = new HashSet<>();
        for (Planned planned : plan) {
            GroupId group = planned.step().after().spec().group();
            if (group != null) {
                groups.add(group);
            }
        }
        return !groups.isEmpty() && groupFollowUps.mayFollow(groups);
    }

    /** An end, and whether a group has finished with this or another one of the statement. */
    private record End(JobId id, Instant at, boolean finishesGroup) {}

    private static List<End> ends(Session session, List<Planned> plan) throws SQLException {
        return session.rows(MoveSql.END, EndWriter::end, MoveSql.end(plan));
    }

    private static End end(ResultSet row) throws SQLException {
        return new End(Rows.id(row, 0), Instant.ofEpochMilli(Rows.number(row, 1)), Rows.flag(row, 2));
    }

    private static Map<JobId, Instant> times(List<End> ends) {
        return ends.stream().collect(Collectors.toMap(End::id, End::at));
    }

    /** Decides what ends have caused, and notes it with the moves, in case that their outcome does not become known. */
    private List<FollowUp> caused(Session session, List<Planned> plan, Map<JobId, Instant> ends, boolean finishes)
            throws SQLException {
        List<FollowUp> caused = new ArrayList<>();
        List<PendingMove> ended = new ArrayList<>();
        Set<GroupId> groups = new LinkedHashSet<>();
        for (Planned planned : plan) {
            Instant at = ends.get(planned.move().id);
            if (at != null) {
                Decision.Step step = Decision.step(planned.step().before(), planned.move().transition, at);
                caused.addAll(step.causes(causes.followUps()));
                ended.add(planned.move());
                GroupId group = step.after().spec().group();
                if (group != null && finishes) {
                    groups.add(group);
                }
            }
        }
        caused.addAll(causes.ofFinished(session, groups));
        ended.forEach(move -> move.causes(List.of()));
        if (!ended.isEmpty()) {
            ended.get(0).causes(caused.stream().map(FollowUp::job).toList());
        }
        return caused;
    }

    /** Makes known what ends have caused that turn out to have been written by an earlier try. */
    void settled(List<PendingMove> written) {
        causes.tellOfCommitted(
                database,
                written.stream().flatMap(move -> move.caused().stream()).toList());
    }
}
