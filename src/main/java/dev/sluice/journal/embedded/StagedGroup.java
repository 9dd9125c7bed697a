package dev.sluice.journal.embedded;

import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one commit group changes in one group of jobs: one row for its counts, one for its events, one for jobs that join. */
final class StagedGroup {

    private final GroupId id;
    private final @Nullable GroupHead before;
    private @Nullable GroupHead after;
    private List<GroupRow> erasure = List.of();
    private long lastSeq; // of the events in the log; 0 if there are none
    private boolean changed;
    private final GroupLog log = new GroupLog();
    private final GroupMembers members = new GroupMembers();

    StagedGroup(GroupId id, @Nullable GroupHead before) {
        this.id = id;
        this.before = before;
        this.after = before;
    }

    GroupId id() {
        return id;
    }

    /** Returns the group as it was before; null if it did not exist. */
    @Nullable
    GroupHead before() {
        return before;
    }

    /** Returns the group as it is; null if it is erased. */
    @Nullable
    GroupHead head() {
        return after;
    }

    boolean isChanged() {
        return changed;
    }

    /** A job has joined. */
    void joined(Job job, GroupHead head, Instant now) {
        add(head.with(head.group().joined(now)));
        log.add(job.id(), 1);
        members.add(job);
    }

    /** An event of a job of the group was recorded. */
    void moved(Job from, Job to, JobEvent event, GroupHead head) {
        add(head.with(head.group().moved(from.state(), to.state())));
        log.add(to.id(), event.seq());
    }

    /** The group itself has changed. */
    void changed(GroupEvent.Change change, Instant at, GroupHead next) {
        add(next);
        log.add(change, at, next.group());
    }

    /** The group is to be cancelled. */
    void cancelled(GroupHead head) {
        changed = true;
        after = new GroupHead(head.group(), true);
    }

    /** The group is erased, but for what {@link GroupRow#erased} says. */
    void erased(Instant at, boolean withJobs) {
        changed = true;
        after = null;
        erasure = GroupRow.erased(id, at, withJobs);
    }

    void put(Store.Batch batch) {
        List<GroupRow> rows = rowsAfter();
        for (GroupRow old : rowsBefore()) {
            if (rows.stream().noneMatch(row -> row.isAt(old))) {
                batch.delete(old.table(), old.key());
            }
        }
        rows.forEach(row -> batch.put(row.table(), row.key(), row.value()));
        if (lastSeq > 0) {
            batch.put(Table.GROUP_EVENTS, Keys.inGroup(id, lastSeq), log.bytes());
        }
        if (members.last() > 0) {
            batch.put(Table.GROUP_MEMBERS, Keys.inGroup(id, members.last()), members.bytes());
        }
    }

    void rollBack(Store.Batch undo) {
        rowsAfter().forEach(row -> undo.delete(row.table(), row.key()));
        rowsBefore().forEach(row -> undo.put(row.table(), row.key(), row.value()));
        if (lastSeq > 0) {
            undo.delete(Table.GROUP_EVENTS, Keys.inGroup(id, lastSeq));
        }
        if (members.last() > 0) {
            undo.delete(Table.GROUP_MEMBERS, Keys.inGroup(id, members.last()));
        }
    }

    private void add(GroupHead next) {
        changed = true;
        after = next;
        lastSeq = next.group().lastSeq();
    }

    private List<GroupRow> rowsBefore() {
        return before == null ? List.of() : GroupRow.of(before);
    }

    private List<GroupRow> rowsAfter() {
        return after == null ? erasure : GroupRow.of(after);
    }
}
