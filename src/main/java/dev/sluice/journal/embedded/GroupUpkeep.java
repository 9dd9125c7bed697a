package dev.sluice.journal.embedded;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Finds the groups with which something is to be done, a bounded number in each read. */
final class GroupUpkeep {

    private static final int TASKS_AT_ONCE = 128;
    private static final int GROUPS_AT_ONCE = 1_000;

    private final Store main;
    private final Queries queries;
    private volatile Instant joinedSince = Instant.MIN; // no job joined an open group earlier

    GroupUpkeep(Store main, Queries queries) {
        this.main = main;
        this.queries = queries;
    }

    /** Emits the rows of tasks to be done now. */
    Flux<byte[]> now(GroupTask task) {
        return tasks(task.prefix(), Keys.after(task.prefix())).concatMapIterable(rows -> rows, 1);
    }

    /** Emits the rows of tasks that were to be done by a time. */
    Flux<byte[]> due(GroupTask task, Instant by) {
        return until(task, by).concatMapIterable(rows -> rows, 1);
    }

    /** Emits the rows of tasks that were to be done by a time, some at once. */
    Flux<List<byte[]>> until(GroupTask task, Instant due) {
        return tasks(task.prefix(), task.after(Math.max(0, due.toEpochMilli())));
    }

    /**
     * Passes open groups that no job has joined since some time to {@code close}. Reads nothing if there can be none.
     *
     * @param now the current time
     */
    Mono<Void> idle(Instant since, Instant now, Function<GroupId, Mono<?>> close) {
        if (since.isBefore(joinedSince)) {
            return Mono.empty();
        }
        Joined joined = new Joined(since, now);
        return Mono.defer(() -> idle(Keys.openGroups(), joined))
                .expand(part -> part.next() == null ? Mono.empty() : idle(part.next(), joined))
                .concatMapIterable(Part::groups, 1)
                .concatMapDelayError(close, 1)
                .then(Mono.fromRunnable(() -> joinedSince = joined.earliest));
    }

    /**
     * Some idle groups.
     *
     * @param next where to go on; null at the end
     */
    private record Part(List<GroupId> groups, byte @Nullable [] next) {}

    /** When jobs joined the open groups that are not idle. */
    private static final class Joined {

        private final Instant since;
        private Instant earliest; // by one read after the other

        Joined(Instant since, Instant now) {
            this.since = since;
            this.earliest = now;
        }

        boolean isIdle(Group group) {
            if (group.closedAt() != null) {
                return false;
            } else if (!group.joinedAt().isAfter(since)) {
                return true;
            }
            earliest = group.joinedAt().isBefore(earliest) ? group.joinedAt() : earliest;
            return false;
        }
    }

    private Mono<Part> idle(byte[] from, Joined joined) {
        return queries.read(() -> {
            List<GroupId> idle = new ArrayList<>();
            int[] rows = {0};
            byte[][] last = {null};
            main.scan(Table.GROUPS, from, Keys.after(Keys.openGroups()), (key, value) -> {
                GroupId id = Keys.groupAtEnd(key);
                if (joined.isIdle(GroupHead.of(id, value).group())) {
                    idle.add(id);
                }
                last[0] = key;
                return ++rows[0] < GROUPS_AT_ONCE;
            });
            byte[] end = last[0];
            return new Part(idle, rows[0] < GROUPS_AT_ONCE || end == null ? null : Keys.after(end));
        });
    }

    private Flux<List<byte[]>> tasks(byte[] from, byte[] to) {
        return queries.read(() -> rows(from, to))
                .expand(rows -> rows.size() < TASKS_AT_ONCE
                        ? Mono.empty()
                        : queries.read(() -> rows(Keys.after(rows.get(rows.size() - 1)), to)))
                .filter(rows -> !rows.isEmpty());
    }

    private List<byte[]> rows(byte[] from, byte[] to) {
        List<byte[]> rows = new ArrayList<>();
        main.scan(Table.GROUP_TASKS, from, to, (row, nothing) -> rows.add(row) && rows.size() < TASKS_AT_ONCE);
        return rows;
    }
}
