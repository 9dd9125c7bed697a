package dev.sluice.journal.embedded;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** A row that says how a group stands; what happened in it is in rows of their own. */
record GroupRow(Table table, byte[] key, byte[] value) {

    /** The rows of a group that is not erased. */
    static List<GroupRow> of(GroupHead head) {
        Group group = head.group();
        if (head.finished()) {
            long expiry = Objects.requireNonNull(group.expiresAt()).toEpochMilli();
            return List.of(
                    new GroupRow(Table.GROUPS, Keys.doneGroup(group.id()), head.bytes()),
                    task(GroupTask.EXPIRE.key(expiry, group.id())));
        }
        GroupRow open = new GroupRow(Table.GROUPS, Keys.openGroup(group.id()), head.bytes());
        return head.cancelled() ? List.of(open, task(GroupTask.CANCEL.key(group.id()))) : List.of(open);
    }

    /**
     * The rows of a group that is erased.
     *
     * @param withJobs whether its jobs are still to be erased
     */
    static List<GroupRow> erased(GroupId id, Instant at, boolean withJobs) {
        GroupRow tombstone = new GroupRow(Table.GROUPS, Keys.doneGroup(id), CommitGroup.NOTHING);
        GroupRow bury = task(GroupTask.BURY.key(at.toEpochMilli(), id));
        return withJobs ? List.of(tombstone, bury, task(GroupTask.ERASE.key(id))) : List.of(tombstone, bury);
    }

    boolean isAt(GroupRow other) {
        return table == other.table && Arrays.equals(key, other.key);
    }

    private static GroupRow task(byte[] key) {
        return new GroupRow(Table.GROUP_TASKS, key, CommitGroup.NOTHING);
    }
}
