package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.Group.Counts;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** What the contracts of groups have in common. */
interface GroupRig extends JournalRig {

    Duration GROUP_KEEP = Duration.ofHours(2);
    Duration IDLE = Duration.ofHours(24);

    /** Creates a group that closes itself with that many jobs; 0 for one that does not. */
    default GroupId group(int size) {
        return get(journal().createGroup(newGroup(size))).id();
    }

    default GroupId group() {
        return group(0);
    }

    default NewGroup newGroup(int size) {
        return newGroup(size, null);
    }

    private NewGroup newGroup(int size, @Nullable String callback) {
        return new NewGroup(
                new GroupId(newId()), new Group.Spec(time().instant(), "thumbnails", size, GROUP_KEEP, callback));
    }

    /** Creates a group whose end has the follow-ups that the test has set. */
    default GroupId toldGroup(int size) {
        return get(journal().createGroup(newGroup(size, "https://hooks.example/done")))
                .id();
    }

    /** Accepts a job into a group. */
    default Job join(GroupId id) {
        return accept(draft().group(id));
    }

    /** Accepts that many jobs into a group, one after another. */
    default List<Job> joined(GroupId id, int many) {
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            jobs.add(join(id));
        }
        return jobs;
    }

    /** The group as it stands; it must be there. */
    default Group groupOf(GroupId id) {
        GroupLookup found = get(journal().findGroup(id));
        assertThat(found).isInstanceOf(GroupLookup.Known.class);
        return ((GroupLookup.Known) found).group();
    }

    default void assertCounts(GroupId id, long queued, long running, long succeeded, long failed, long cancelled) {
        assertThat(groupOf(id).counts()).isEqualTo(new Counts(queued, running, succeeded, failed, cancelled));
    }

    default List<GroupEvent> groupHistory(GroupId id, long after) {
        return get(journal().groupHistory(id, after).collectList());
    }

    /** The events of a group in words: {@code created}, or the name of an event of a job. */
    default List<String> told(GroupId id) {
        return groupHistory(id, 0).stream().map(GroupRig::word).toList();
    }

    static String word(GroupEvent event) {
        return event instanceof GroupEvent.OfJob job
                ? job.event().name()
                : ((GroupEvent.OfGroup) event).change().text();
    }

    /** All jobs of a group, in pages of that many. */
    default List<JobId> members(GroupId id, @Nullable JobState state, int limit) {
        List<JobId> members = new ArrayList<>();
        long from = 0;
        do {
            MemberPage page = get(journal().members(id, state, limit, from));
            assertThat(page.jobs().size()).isLessThanOrEqualTo(limit);
            page.jobs().forEach(job -> members.add(job.id()));
            assertThat(page.next() == 0 || page.next() > from).isTrue();
            from = page.next();
        } while (from > 0);
        return members;
    }

    /**
     * That the numbers of a group have no gap, that those of its jobs in it have none either, and that the counts are what its events
     * add up to.
     */
    default void assertAddsUp(GroupId id) {
        Group group = groupOf(id);
        List<GroupEvent> events = groupHistory(id, 0);
        assertThat(events)
                .extracting(GroupEvent::seq)
                .isEqualTo(LongStream.rangeClosed(1, group.lastSeq()).boxed().toList());
        java.util.Map<JobId, List<Long>> seqs = new java.util.HashMap<>();
        Counts counts = Counts.NONE;
        java.util.Map<JobId, JobState> states = new java.util.HashMap<>();
        for (GroupEvent event : events) {
            if (event instanceof GroupEvent.OfGroup changed) {
                assertThat(changed.group().counts()).isEqualTo(counts);
                assertThat(changed.group().lastSeq()).isEqualTo(event.seq());
                continue;
            }
            JobEvent told = ((GroupEvent.OfJob) event).event();
            seqs.computeIfAbsent(told.job(), job -> new ArrayList<>()).add(told.seq());
            JobState before = states.get(told.job());
            JobState after = after(told, before);
            counts = before == null ? counts.plus(after) : counts.moved(before, after);
            states.put(told.job(), after);
        }
        assertThat(group.counts()).isEqualTo(counts);
        seqs.forEach((job, numbers) -> assertThat(numbers).isSorted().doesNotHaveDuplicates());
    }

    private static JobState after(JobEvent event, @Nullable JobState before) {
        if (event instanceof JobEvent.Finished finished) {
            return finished.outcome().state();
        } else if (event instanceof JobEvent.Started) {
            return JobState.RUNNING;
        }
        return event instanceof JobEvent.Accepted || event instanceof JobEvent.Requeued ? JobState.QUEUED : before;
    }
}
