package dev.sluice.journal.postgres;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.core.GroupCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Creates, finds and closes groups. Blocks. */
final class GroupStore {

    static final String GROUPS = Sql.of("groups");

    static final String CREATE =
            Sql.of("group-create", Map.of("alive", Presence.ALIVE_MILLIS, "form", Migration.WITH_GROUPS));

    static final String CLOSE = Sql.of("group-close");

    static final String DELETE = Sql.of("group-delete");

    private static final String IS_ERASED = Sql.of("group-erased");

    private final Database database;
    private final Causes causes;
    private final GroupFeed feed;

    GroupStore(Database database, Causes causes, GroupFeed feed) {
        this.database = database;
        this.causes = causes;
        this.feed = feed;
    }

    /** Creates a group; does nothing if it exists. */
    Group create(NewGroup wanted) {
        Group created = wanted.created();
        Long others = database.rows(
                        CREATE,
                        row -> Rows.number(row, 0),
                        GroupRows.uuid(created.id()),
                        GroupCodec.group(created),
                        created.spec().size(),
                        created.spec().keep().toMillis(),
                        created.spec().createdAt().toEpochMilli())
                .get(0);
        if (others > 0) {
            throw new JournalUnavailableException(
                    "there are no groups as long as a node of an earlier version is running", null);
        }
        return created;
    }

    /** Returns the row of a group, also while it is being erased; null if there is none. */
    GroupRows.@Nullable Row row(GroupId id) {
        return database.first(GROUPS, GroupRows::row, (Object) GroupRows.uuids(List.of(id)));
    }

    /** Returns a group that is not erased; null if there is none. */
    @Nullable
    Group group(GroupId id) {
        GroupRows.Row row = row(id);
        return row == null || row.isErased() ? null : row.group();
    }

    @Nullable
    GroupLookup find(GroupId id) {
        GroupRows.Row row = row(id);
        if (row != null) {
            return row.isErased() ? new GroupLookup.Expired() : new GroupLookup.Known(row.group());
        }
        return isErased(id) ? new GroupLookup.Expired() : null;
    }

    boolean isErased(GroupId id) {
        return Boolean.TRUE.equals(database.first(IS_ERASED, row -> Rows.flag(row, 0), GroupRows.uuid(id)));
    }

    /** Removes a group that is being erased if nothing else is left of it; returns whether it is gone. */
    boolean isGone(GroupId id) {
        return database.update(DELETE, GroupRows.uuid(id)) > 0 || row(id) == null;
    }

    private record Closed(GroupId id, boolean finishes) {}

    /**
     * Closes groups that are not erased.
     *
     * @param joinedUntil only groups that nobody has joined later, in milliseconds
     * @param doing what is to become of them, see {@link GroupRows}; null if they take their course
     * @return those that there were
     */
    List<GroupId> close(List<GroupId> ids, long joinedUntil, @Nullable String doing) {
        List<Causes.Accepted> accepted = new ArrayList<>();
        List<Closed> closed = database.transaction(session -> {
            List<Closed> rows = session.rows(
                    CLOSE,
                    row -> new Closed(new GroupId(Rows.id(row, 0)), Rows.flag(row, 1)),
                    GroupRows.uuids(ids),
                    joinedUntil,
                    doing);
            List<FollowUp> caused = causes.ofFinished(
                    session,
                    rows.stream().filter(Closed::finishes).map(Closed::id).toList());
            accepted.addAll(causes.append(session, caused));
            return rows;
        });
        causes.tell(accepted);
        List<GroupId> changed = closed.stream().map(Closed::id).toList();
        feed.touched(changed);
        return changed;
    }
}
