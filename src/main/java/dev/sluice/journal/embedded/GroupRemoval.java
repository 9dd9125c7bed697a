package dev.sluice.journal.embedded;

import dev.sluice.job.GroupId;
import java.util.List;

/** Removes what is stored of groups. */
final class GroupRemoval {

    private GroupRemoval() {}

    /** Erases finished groups that have expired, named by the rows of their {@link GroupTask#EXPIRE}. */
    static void expire(CommitGroup commit, List<byte[]> rows) {
        for (byte[] row : rows) {
            GroupId id = Keys.groupAtEnd(row);
            if (commit.groups().expire(id)) {
                events(commit, id);
            } else if (commit.groups().head(id) == null) {
                commit.delete(Table.GROUP_TASKS, row); // erased meanwhile
            }
        }
    }

    /** Removes the tombstones of groups, named by the rows of their {@link GroupTask#BURY}. */
    static void bury(CommitGroup commit, List<byte[]> rows) {
        for (byte[] row : rows) {
            commit.delete(Table.GROUPS, Keys.doneGroup(Keys.groupAtEnd(row)));
            commit.delete(Table.GROUP_TASKS, row);
        }
    }

    /** Removes the rest of an erased group, all of whose jobs are erased. */
    static void forget(CommitGroup commit, GroupId id) {
        events(commit, id);
        commit.delete(Table.GROUP_TASKS, GroupTask.ERASE.key(id));
    }

    /** Removes rows that tell only of what is no longer kept. */
    static void trim(CommitGroup commit, Table table, List<byte[]> rows) {
        rows.forEach(row -> commit.delete(table, row));
    }

    private static void events(CommitGroup commit, GroupId id) {
        byte[] prefix = Keys.job(id.value());
        commit.deleteRange(Table.GROUP_EVENTS, prefix, Keys.after(prefix));
        commit.deleteRange(Table.GROUP_MEMBERS, prefix, Keys.after(prefix));
    }
}
