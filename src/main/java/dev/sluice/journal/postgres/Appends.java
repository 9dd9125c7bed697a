package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Appended;
import dev.sluice.journal.GroupClosedException;
import dev.sluice.journal.GroupUnknownException;
import dev.sluice.journal.JournalUnavailableException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Accepts batches of jobs whose bodies have been received, each in one statement. */
final class Appends implements Retrying.Try<PendingAppend> {

    /** The most retries of an append whose key holder disappeared meanwhile. */
    private static final int ROUNDS = 5;

    private final Database database;
    private final SharedBacklog backlog;
    private final Feed feed;
    private final Positions positions;
    private final Withdrawals withdrawals;
    private final GroupFeed groups;

    Appends(
            Database database,
            SharedBacklog backlog,
            Feed feed,
            Positions positions,
            Withdrawals withdrawals,
            GroupFeed groups) {
        this.database = database;
        this.backlog = backlog;
        this.feed = feed;
        this.positions = positions;
        this.withdrawals = withdrawals;
        this.groups = groups;
    }

    /** What determines a job's place among those accepted at the same time. */
    record Place(QueueLane lane, int urgency) {}

    /** The row returned for an accepted job. */
    record Made(
            JobId id,
            long order,
            long rank,
            boolean due,
            @Nullable Long ahead) {}

    @Override
    public void carry(List<PendingAppend> batch, boolean again) {
        write(batch);
        if (again && !batch.isEmpty()) {
            settle(batch);
        }
        while (!batch.isEmpty()) {
            replay(batch);
            if (!batch.isEmpty()) {
                write(batch);
            }
        }
    }

    private void write(List<PendingAppend> batch) {
        created(batch, database.rows(statement(batch), Appends::made, AppendSql.parameters(batch, backlog)));
    }

    private static String statement(List<PendingAppend> batch) {
        if (batch.stream().anyMatch(append -> append.group != null)) {
            return AppendSql.GROUPED;
        }
        boolean conditional = batch.stream().anyMatch(append -> append.key != null || append.isPieced());
        return conditional ? AppendSql.CONDITIONAL : AppendSql.PLAIN;
    }

    @Override
    public void givenUp(List<PendingAppend> unsure) {
        unsure.forEach(append -> append.unsure());
        withdrawals.add(unsure.stream().map(append -> append.wanted.id()).toList());
    }

    static Made made(ResultSet row) throws SQLException {
        return new Made(
                Rows.id(row, 0),
                Rows.number(row, 1),
                Rows.number(row, 2),
                Rows.text(row, 3).equals("q"),
                Rows.optionalNumber(row, 5));
    }

    /**
     * Completes the accepted appends; adds a job's rank in the batch to its position, which the count does not include.
     */
    private void created(List<PendingAppend> batch, List<Made> made) {
        Map<JobId, Made> byId = new HashMap<>();
        made.forEach(one -> byId.put(one.id(), one));
        Map<Place, Long> ahead = new HashMap<>();
        Map<QueueLane, List<Made>> due = new HashMap<>();
        for (PendingAppend append : batch) {
            Made one = byId.get(append.wanted.id());
            if (one != null && one.due()) {
                due.computeIfAbsent(append.lane(), lane -> new ArrayList<>()).add(one);
                if (one.ahead() != null) {
                    ahead.putIfAbsent(append.place(), one.ahead());
                }
            }
        }
        List<Job> jobs = new ArrayList<>();
        for (PendingAppend append : List.copyOf(batch)) {
            Made one = byId.get(append.wanted.id());
            if (one != null) {
                batch.remove(append);
                Job job = append.wanted.accepted(one.order());
                backlog.accepted(job, one.due());
                feed.recorded(job.accepted());
                long position = one.due()
                        ? position(one, job, ahead.get(append.place()), due.getOrDefault(append.lane(), List.of()))
                        : 0;
                jobs.add(job);
                append.accepted(new Appended.Created(job, position));
            }
        }
        groups.recorded(jobs);
    }

    private long position(Made one, Job job, @Nullable Long ahead, List<Made> together) {
        if (ahead == null) {
            return Math.max(1, backlog.before(job)); // includes the job itself
        } else if (ahead >= AppendSql.COUNTED) {
            return Math.max(AppendSql.COUNTED + 1L, backlog.before(job));
        }
        return backlog.position(job, ahead + 1 + (together.size() == 1 ? 0 : before(one, together)));
    }

    private static long before(Made one, List<Made> together) {
        return together.stream()
                .filter(other ->
                        other.rank() < one.rank() || (other.rank() == one.rank() && other.order() < one.order()))
                .count();
    }

    /** Completes the appends that were accepted by an earlier try. */
    private void settle(List<PendingAppend> batch) {
        UUID[] ids = Rows.uuids(batch.stream().map(append -> append.wanted.id()).toList());
        Map<JobId, Long> orders =
                database
                        .rows(AppendSql.MADE, row -> Map.entry(Rows.id(row, 0), Rows.number(row, 1)), (Object) ids)
                        .stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        for (PendingAppend append : List.copyOf(batch)) {
            Long order = orders.get(append.wanted.id());
            if (order != null) {
                batch.remove(append);
                Job job = append.wanted.accepted(order);
                feed.recorded(job.accepted());
                groups.recorded(List.of(job));
                backlog.heads().waits(job);
                append.accepted(new Appended.Created(job, Math.max(1, backlog.before(job))));
            }
        }
    }

    private record Holder(
            String key,
            byte[] print,
            boolean free,
            UUID id,
            @Nullable Job job,
            boolean told) {

        /** Whether the job can no longer be withdrawn. */
        boolean stays() {
            return told || (job != null && job.lastSeq() > 1);
        }
    }

    /**
     * Completes the appends whose key is held by another job, and those whose group does not take them. A key whose job has
     * expired is released, and the append retried.
     */
    private void replay(List<PendingAppend> batch) {
        for (PendingAppend append : List.copyOf(batch)) {
            if ((append.key == null && append.group == null) || append.nextRound() > ROUNDS) {
                batch.remove(append);
                append.failed(new JournalUnavailableException(
                        "this node was not seen for so long that the body it took in was removed", null));
            }
        }
        Map<String, Holder> holders = holders(batch);
        for (PendingAppend append : List.copyOf(batch)) {
            Holder holder = append.key == null ? null : holders.get(append.key);
            if (holder == null) {
                continue; // released meanwhile, or refused by its batch
            } else if (holder.free()) {
                database.update(AppendSql.RELEASE, holder.key(), holder.id());
                continue;
            }
            Job first = Objects.requireNonNull(holder.job());
            boolean same = Arrays.equals(holder.print(), append.print);
            if (same && !tell(holder)) {
                continue; // withdrawn meanwhile
            }
            Appended instead = same ? new Appended.Replayed(first, positions.of(first)) : new Appended.KeyReused();
            batch.remove(append);
            append.refused(instead);
        }
        refuse(batch);
    }

    private Map<String, Holder> holders(List<PendingAppend> batch) {
        String[] keys = batch.stream()
                .map(append -> append.key)
                .filter(Objects::nonNull)
                .distinct()
                .toArray(String[]::new);
        return keys.length == 0
                ? Map.of()
                : database.rows(AppendSql.HOLDERS, Appends::holder, (Object) keys).stream()
                        .collect(Collectors.toMap(Holder::key, Function.identity()));
    }

    /** Fails the appends whose group is closed or unknown. The others are retried: others may have had the places left. */
    private void refuse(List<PendingAppend> batch) {
        Set<GroupId> ids = new HashSet<>();
        batch.stream().map(append -> append.group).filter(Objects::nonNull).forEach(ids::add);
        if (ids.isEmpty()) {
            return;
        }
        Set<GroupId> known = new HashSet<>();
        Set<GroupId> open = new HashSet<>();
        for (GroupRows.Row row : database.rows(GroupStore.GROUPS, GroupRows::row, (Object) GroupRows.uuids(ids))) {
            if (!row.isErased()) {
                known.add(row.group().id());
            }
            if (row.group().closedAt() == null) {
                open.add(row.group().id());
            }
        }
        for (PendingAppend append : List.copyOf(batch)) {
            GroupId id = append.group;
            if (id != null && !(known.contains(id) && open.contains(id))) {
                batch.remove(append);
                append.failed(known.contains(id) ? new GroupClosedException() : new GroupUnknownException());
            }
        }
    }

    /** Records that a caller is told of a job, unless it can no longer be withdrawn; returns whether it stays. */
    private boolean tell(Holder holder) {
        return holder.stays() || database.update(AppendSql.TELL, holder.key(), holder.id()) > 0;
    }

    private static Holder holder(ResultSet row) throws SQLException {
        boolean erased = Rows.isNull(row, 4);
        return new Holder(
                Rows.text(row, 0),
                Rows.bytes(row, 1),
                erased || Rows.flag(row, 2),
                row.getObject(4, UUID.class),
                erased ? null : Rows.job(row, 4),
                Rows.flag(row, 4 + Rows.WIDTH));
    }
}
