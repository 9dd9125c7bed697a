package dev.sluice.journal.postgres;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobState;
import dev.sluice.journal.MemberPage;
import dev.sluice.journal.core.EventCodec;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads the members and the events of groups. */
final class GroupReads {

    /** The most members that are looked at for a page. */
    private static final int LOOKED_AT = 1_000;

    static final String MEMBERS = Sql.of("group-members", Map.of("most", LOOKED_AT));

    static final String EVENTS =
            Sql.of("group-events", Map.of("most", EventReads.EVENTS_AT_ONCE, "bytes", EventReads.FEED_BYTES));

    private final Database database;
    private final Workers workers;
    private final GroupStore store;

    GroupReads(Database database, Workers workers, GroupStore store) {
        this.database = database;
        this.workers = workers;
        this.store = store;
    }

    private record Member(long place, @Nullable Job job) {

        boolean is(@Nullable JobState state) {
            return job != null && (state == null || job.state() == state);
        }
    }

    /** A page of members; null if there is no such group. Blocks. */
    @Nullable
    MemberPage members(GroupId id, @Nullable JobState state, int limit, long from) {
        if (store.group(id) == null) {
            return null;
        }
        List<Member> rows = database.read(MEMBERS, GroupReads::member, GroupRows.uuid(id), from);
        List<Job> page = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Member row = rows.get(i);
            if (row.is(state)) {
                page.add(Objects.requireNonNull(row.job()));
            }
            boolean last = i == rows.size() - 1;
            if (page.size() == limit || last) {
                return new MemberPage(page, last && rows.size() < LOOKED_AT ? 0 : row.place());
            }
        }
        return new MemberPage(page, 0);
    }

    private static Member member(ResultSet row) throws SQLException {
        return new Member(Rows.number(row, Rows.WIDTH), Rows.isNull(row, 0) ? null : Rows.job(row));
    }

    Flux<GroupEvent> history(GroupId id, long after) {
        return workers.run(() -> store.group(id))
                .flatMapMany(group -> between(group, after))
                .onErrorMap(Faults::told);
    }

    /** Reads page after page up to where the group stood, each when the previous one was consumed. */
    private Flux<GroupEvent> between(Group group, long after) {
        return pageAfter(group, after)
                .expand(page -> page.more() ? pageAfter(group, page.last()) : Mono.empty())
                .concatMapIterable(Page::events, 1);
    }

    private Mono<Page> pageAfter(Group group, long after) {
        return after >= group.lastSeq() ? Mono.empty() : workers.run(() -> page(group, after));
    }

    /** Some events, up to which number they are, and whether there may be more. */
    private record Page(List<GroupEvent> events, long last, boolean more) {}

    private Page page(Group group, long after) {
        long[] last = {after};
        List<GroupEvent> events = new ArrayList<>();
        database.read(
                EVENTS,
                row -> {
                    last[0] = Rows.number(row, Rows.WIDTH);
                    GroupEvent event = event(group, row);
                    return event == null || events.add(event);
                },
                GroupRows.uuid(group.id()),
                after,
                group.lastSeq());
        return new Page(
                events, last[0], last[0] > after && last[0] < group.lastSeq()); // none if it was erased meanwhile
    }

    /** Reads an event; null if the job has none with that number any more. */
    private static @Nullable GroupEvent event(Group group, ResultSet row) throws SQLException {
        int from = Rows.WIDTH;
        if (!Rows.isNull(row, from + 1)) {
            return GroupRows.change(group, row, from);
        }
        JobEvent event = Rows.isNull(row, 0) ? null : event(Rows.job(row), row, from);
        return event == null ? null : new GroupEvent.OfJob(Rows.number(row, from), event);
    }

    private static @Nullable JobEvent event(Job job, ResultSet row, int from) throws SQLException {
        long number = Rows.number(row, from + 4);
        if (number == 1) {
            return job.accepted();
        } else if (job.state().finished() && number == job.lastSeq()) {
            return new JobEvent.Finished(job);
        } else if (Rows.isNull(row, from + 5)) {
            return null;
        }
        byte[] body = Rows.optional(row, from + 8);
        return EventCodec.event(
                job.id(),
                job.route(),
                number,
                Instant.ofEpochMilli(Rows.number(row, from + 5)),
                (int) Rows.number(row, from + 6),
                Rows.text(row, from + 7).charAt(0),
                body == null ? new byte[0] : body);
    }
}
