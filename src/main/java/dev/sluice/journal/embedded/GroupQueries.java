package dev.sluice.journal.embedded;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.MemberPage;
import dev.sluice.journal.core.EventCodec;
import dev.sluice.journal.embedded.GroupMembers.Member;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads groups, their events and their jobs. */
final class GroupQueries {

    private static final int PAGE = 128;
    private static final int MOST_MEMBERS = 1_000;

    private final Store main;
    private final Writer writer;
    private final Queries queries;

    GroupQueries(Store main, Writer writer, Queries queries) {
        this.main = main;
        this.writer = writer;
        this.queries = queries;
    }

    Mono<GroupLookup> find(GroupId id) {
        return queries.read(() -> {
            byte[] value = value(id);
            if (value == null) {
                return null;
            }
            return value.length == 0
                    ? new GroupLookup.Expired()
                    : new GroupLookup.Known(GroupHead.of(id, value).group());
        });
    }

    /** Returns the number of the latest event of a group; empty if it is unknown or erased. */
    Mono<Long> lastSeq(GroupId id) {
        return queries.read(() -> {
            Group group = group(id);
            return group == null ? null : group.lastSeq();
        });
    }

    Mono<MemberPage> members(GroupId id, @Nullable JobState state, int limit, long from) {
        return queries.read(() -> {
            if (group(id) == null) {
                return null;
            }
            int most = state == null ? Math.min(limit, MOST_MEMBERS) : MOST_MEMBERS;
            Members found = read(id, from, most);
            List<Job> jobs = new ArrayList<>();
            for (Member member : found.members()) {
                if (jobs.size() == limit) {
                    return new MemberPage(jobs, member.order());
                }
                Job job = queries.job(member.job());
                if (job != null && (state == null || job.state() == state)) {
                    jobs.add(job);
                }
            }
            return new MemberPage(jobs, found.next());
        });
    }

    /** Emits all jobs that ever joined a group, erased or not, in bounded parts; also if the group itself is erased. */
    Flux<List<JobId>> everyJob(GroupId id, int most) {
        return queries.read(() -> read(id, 0, most))
                .expand(part -> part.next() == 0 ? Mono.empty() : queries.read(() -> read(id, part.next(), most)))
                .map(part -> part.members().stream().map(Member::job).toList());
    }

    Flux<GroupEvent> history(GroupId id, long after) {
        return queries.read(() -> page(id, after))
                .expand(page -> page.more() ? queries.read(() -> page(id, page.last())) : Mono.empty())
                .concatMapIterable(Page::events, 1);
    }

    /** Emits the keys of rows of events of a group none of which is kept, in bounded parts. */
    Flux<List<byte[]>> deadEvents(GroupId id) {
        return dead(from -> events(id, from));
    }

    /** Emits the keys of rows of jobs of a group none of which is kept, in bounded parts. */
    Flux<List<byte[]>> deadMembers(GroupId id) {
        return dead(from -> members(id, from));
    }

    private Flux<List<byte[]>> dead(LongFunction<Rows> part) {
        return queries.read(() -> part.apply(1))
                .expand(rows -> rows.next() == 0 ? Mono.empty() : queries.read(() -> part.apply(rows.next())))
                .map(Rows::dead);
    }

    /**
     * Rows of which nothing is kept.
     *
     * @param next the number from which on there may be more; 0 if there are none
     */
    private record Rows(List<byte[]> dead, long next) {}

    private Rows events(GroupId id, long from) {
        Group group = group(id);
        List<byte[]> keys = new ArrayList<>();
        List<List<GroupLog.Entry>> rows = new ArrayList<>();
        if (group != null) {
            byte[] end = Keys.inGroup(id, group.lastSeq() + 1); // behind it they may be in doubt
            main.scan(Table.GROUP_EVENTS, Keys.inGroup(id, from), end, (key, value) -> {
                keys.add(key);
                return rows.add(GroupLog.entries(id, Keys.seq(key), value)) && rows.size() < PAGE;
            });
        }
        Map<JobId, Optional<Job>> jobs = new HashMap<>();
        List<byte[]> dead = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            if (rows.get(i).stream().allMatch(entry -> event(entry, jobs) == null)) {
                dead.add(keys.get(i));
            }
        }
        return rows(keys, dead);
    }

    private Rows members(GroupId id, long from) {
        List<byte[]> keys = new ArrayList<>();
        List<List<Member>> rows = new ArrayList<>();
        if (group(id) != null) {
            byte[] end = Keys.after(Keys.job(id.value()));
            main.scan(Table.GROUP_MEMBERS, Keys.inGroup(id, from), end, (key, value) -> {
                keys.add(key);
                return rows.add(GroupMembers.members(value)) && rows.size() < PAGE;
            });
        }
        List<byte[]> dead = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            if (rows.get(i).stream().allMatch(member -> isGone(member.job()))) {
                dead.add(keys.get(i));
            }
        }
        return rows(keys, dead);
    }

    /** A job whose acceptance is in doubt is not there yet, but may be. */
    private boolean isGone(JobId id) {
        return !queries.isUnsettled(id) && queries.job(id) == null;
    }

    private static Rows rows(List<byte[]> read, List<byte[]> dead) {
        return new Rows(dead, read.size() < PAGE ? 0 : Keys.seq(read.get(read.size() - 1)) + 1);
    }

    /**
     * Jobs of a group.
     *
     * @param next the order from which on there may be more; 0 if there are none
     */
    private record Members(List<Member> members, long next) {}

    private Members read(GroupId id, long from, int most) {
        List<Member> members = new ArrayList<>();
        main.scan(Table.GROUP_MEMBERS, Keys.inGroup(id, from), Keys.after(Keys.job(id.value())), (key, value) -> {
            for (Member member : GroupMembers.members(value)) {
                if (member.order() >= from) {
                    members.add(member);
                }
            }
            return members.size() <= most;
        });
        boolean more = members.size() > most;
        return new Members(
                more ? members.subList(0, most) : members,
                more ? members.get(most).order() : 0);
    }

    /**
     * Some events of a group.
     *
     * @param last the number of the last one that was looked at, which may be left out
     */
    private record Page(List<GroupEvent> events, long last, boolean more) {}

    private Page page(GroupId id, long after) {
        Group group = group(id);
        if (group == null || after >= group.lastSeq()) {
            return new Page(List.of(), after, false);
        }
        List<GroupLog.Entry> entries = entries(id, after, group.lastSeq());
        Map<JobId, Optional<Job>> jobs = new HashMap<>();
        List<GroupEvent> events = new ArrayList<>(entries.size());
        for (GroupLog.Entry entry : entries) {
            GroupEvent event = event(entry, jobs);
            if (event != null) {
                events.add(event);
            }
        }
        long last = entries.isEmpty()
                ? group.lastSeq()
                : entries.get(entries.size() - 1).seq();
        return new Page(events, last, last < group.lastSeq());
    }

    /** Reads a page of the log up to an event, behind which it may be in doubt. */
    private List<GroupLog.Entry> entries(GroupId id, long after, long upTo) {
        List<GroupLog.Entry> entries = new ArrayList<>();
        main.scan(Table.GROUP_EVENTS, Keys.inGroup(id, after + 1), Keys.after(Keys.job(id.value())), (key, value) -> {
            for (GroupLog.Entry entry : GroupLog.entries(id, Keys.seq(key), value)) {
                if (entry.seq() > after && entry.seq() <= upTo && entries.size() < PAGE) {
                    entries.add(entry);
                }
            }
            return entries.size() < PAGE;
        });
        return entries;
    }

    private @Nullable GroupEvent event(GroupLog.Entry entry, Map<JobId, Optional<Job>> jobs) {
        JobId id = entry.job();
        if (id == null) {
            return entry.changed();
        }
        Job job = jobs.computeIfAbsent(id, known -> Optional.ofNullable(queries.job(known)))
                .orElse(null);
        JobEvent event = job == null ? null : event(job, entry.jobSeq());
        return event == null ? null : new GroupEvent.OfJob(entry.seq(), event);
    }

    private @Nullable JobEvent event(Job job, long seq) {
        if (seq == 1) {
            return job.accepted();
        }
        byte[] value = main.get(Table.EVENTS, Keys.event(job.id(), seq));
        if (value == null) {
            return null;
        }
        JobEvent event = EventCodec.event(job.id(), job.route(), seq, value);
        return event == null ? finished(job) : event;
    }

    /** What is kept in memory of a running job may be behind what is stored for the moment in which its end is recorded. */
    private @Nullable JobEvent finished(Job job) {
        Job ended = job.state().finished() ? job : queries.finished(job.id());
        return ended == null ? null : new JobEvent.Finished(ended);
    }

    private @Nullable Group group(GroupId id) {
        byte[] value = value(id);
        return value == null || value.length == 0
                ? null
                : GroupHead.of(id, value).group();
    }

    /** Returns the stored group, empty for a tombstone; as it was before the last commit group if that is in doubt. */
    private byte @Nullable [] value(GroupId id) {
        CommitGroup unsettled = writer.unsettled();
        if (unsettled != null && unsettled.groups().touches(id)) {
            GroupHead before = unsettled.groups().before(id);
            return before == null ? null : before.bytes();
        }
        byte[] open = main.get(Table.GROUPS, Keys.openGroup(id));
        return open == null ? main.get(Table.GROUPS, Keys.doneGroup(id)) : open;
    }
}
