package dev.sluice.journal.postgres;

import dev.sluice.job.Group;
import dev.sluice.job.Group.Counts;
import dev.sluice.job.GroupEvent.Change;
import dev.sluice.job.GroupEvent.OfGroup;
import dev.sluice.job.GroupId;
import dev.sluice.journal.core.GroupCodec;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Converts rows of groups. */
final class GroupRows {

    /** It is cancelled, or was. */
    static final String CANCELLED = "c";

    /** It is being erased with its jobs. */
    static final String ERASED = "e";

    private GroupRows() {}

    /**
     * A row.
     *
     * @param doing what is to become of it, or has; null if it takes its course
     */
    record Row(Group group, @Nullable String doing) {

        /** Whether only its tombstone is known of it. */
        boolean isErased() {
            return doing != null && !doing.equals(CANCELLED);
        }
    }

    /** Reads the columns of the statement part {@code group}. */
    static Row row(ResultSet row) throws SQLException {
        GroupId id = new GroupId(Rows.id(row, 0));
        Group group = new Group(
                id,
                GroupCodec.group(id, Rows.bytes(row, 1)).spec(),
                Rows.number(row, 2),
                Instant.ofEpochMilli(Rows.number(row, 3)),
                Rows.instant(row, 4),
                Rows.instant(row, 5),
                new Counts(
                        Rows.number(row, 6),
                        Rows.number(row, 7),
                        Rows.number(row, 8),
                        Rows.number(row, 9),
                        Rows.number(row, 10)));
        return new Row(group, row.getString(12));
    }

    static UUID uuid(GroupId id) {
        return Rows.uuid(id.value());
    }

    static UUID[] uuids(Collection<GroupId> ids) {
        return ids.stream().map(GroupRows::uuid).toArray(UUID[]::new);
    }

    /** Reads a change of a group: its number, kind, time and the group after it, in four columns. */
    static OfGroup change(Group group, ResultSet row, int from) throws SQLException {
        long seq = Rows.number(row, from);
        Change change = switch (Rows.text(row, from + 1)) {
            case "o" -> Change.CREATED;
            case "c" -> Change.CLOSED;
            default -> Change.FINISHED;
        };
        Array array = row.getArray(from + 4);
        @Nullable Long[] state = (@Nullable Long[]) array.getArray();
        Counts counts =
                new Counts(number(state, 3), number(state, 4), number(state, 5), number(state, 6), number(state, 7));
        Group then = new Group(
                group.id(),
                group.spec(),
                seq,
                Instant.ofEpochMilli(number(state, 0)),
                instant(state[1]),
                instant(state[2]),
                counts);
        return new OfGroup(seq, change, Instant.ofEpochMilli(Rows.number(row, from + 2)), then);
    }

    private static long number(@Nullable Long[] state, int at) {
        Long value = state[at];
        return value == null ? 0 : value;
    }

    private static @Nullable Instant instant(@Nullable Long millis) {
        return millis == null ? null : Instant.ofEpochMilli(millis);
    }
}
