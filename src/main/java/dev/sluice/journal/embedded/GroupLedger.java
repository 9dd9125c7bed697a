package dev.sluice.journal.embedded;

import dev.sluice.job.GroupId;
import dev.sluice.journal.core.GroupTails;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The unfinished groups as they are stored, and the subscribers of all. The latest groups are kept in memory, about 500 bytes each
 * without their labels; so millions of open ones cost no memory. On the thread of the main writer, and before that starts.
 */
final class GroupLedger {

    private static final int KEPT = 1024;

    private final GroupTails tails = new GroupTails();
    private final Map<GroupId, GroupHead> latest = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<GroupId, GroupHead> eldest) {
            return size() > KEPT;
        }
    };

    /** Returns the subscribers of groups. Thread-safe. */
    GroupTails tails() {
        return tails;
    }

    /** Returns an unfinished group; null if there is none. */
    @Nullable
    GroupHead open(GroupId id, Store store) {
        GroupHead known = latest.get(id);
        if (known != null) {
            return known;
        }
        byte[] stored = store.get(Table.GROUPS, Keys.openGroup(id));
        if (stored == null) {
            return null;
        }
        GroupHead head = GroupHead.of(id, stored);
        latest.put(id, head);
        return head;
    }

    /** A change of a group was written. */
    void written(StagedGroup group) {
        GroupHead head = group.head();
        if (head == null || head.finished()) {
            latest.remove(group.id());
        } else {
            latest.put(group.id(), head);
        }
        if (head == null) {
            tails.erased(group.id());
        } else {
            tails.publish(group.id(), head.group().lastSeq());
        }
    }
}
