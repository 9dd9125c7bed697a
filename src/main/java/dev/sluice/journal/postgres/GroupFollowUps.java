package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.journal.FollowUps;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether the ends of groups may cause jobs, which is settled when a group is created: so each group is read once. Remembers a
 * bounded number of groups. Thread-safe.
 */
final class GroupFollowUps {

    /** The most groups that are remembered; the one that was asked for longest ago is forgotten first. */
    private static final int MOST = 10_000;

    private final Database database;
    private final FollowUps followUps;

    private final Map<GroupId, Boolean> known = new LinkedHashMap<>(16, 0.75f, true) { // guarded by the monitor of this
                @Override
                protected boolean removeEldestEntry(Map.Entry<GroupId, Boolean> eldest) {
                    return size() > MOST;
                }
            };

    GroupFollowUps(Database database, FollowUps followUps) {
        this.database = database;
        this.followUps = followUps;
    }

    /** Whether the end of any of these groups may cause a job; one that is not found may. Blocks if it must read. */
    boolean mayFollow(Collection<GroupId> groups) {
        List<GroupId> unknown = unknown(groups);
        if (!unknown.isEmpty()) {
            database.read(GroupStore.GROUPS, GroupRows::row, (Object) GroupRows.uuids(unknown))
                    .forEach(row -> remember(
                            row.group().id(), followUps.mayFollow(row.group().spec())));
        }
        return anyMayFollow(groups);
    }

    private synchronized List<GroupId> unknown(Collection<GroupId> groups) {
        return groups.stream().filter(id -> !known.containsKey(id)).toList();
    }

    private synchronized void remember(GroupId id, boolean mayFollow) {
        known.put(id, mayFollow);
    }

    private synchronized boolean anyMayFollow(Collection<GroupId> groups) {
        return groups.stream().anyMatch(id -> known.getOrDefault(id, true));
    }
}
