package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.Group.Counts;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobResult;
import dev.sluice.journal.Draft;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Journal;
import dev.sluice.journal.MemberPage;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.core.JournalClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** Power cuts in the middle of a group: what is left adds up, and nothing of it was told otherwise. */
class GroupPowerCutTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Ending OK = new Ending(new JobResult(200, Headers.NONE), null);
    private static final int JOBS = 400;

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);

    @Test
    void whateverIsLeftAddsUp() {
        PowerCut power = new PowerCut();
        List<PowerCut> left = new ArrayList<>();
        List<Group> told = new ArrayList<>();
        List<GroupEvent> events;
        GroupId id = new GroupId(ids.next());
        try (Journal journal = open(power)) {
            journal.createGroup(new NewGroup(id, new Group.Spec(clock.instant(), null, JOBS, LIMIT, null)))
                    .block(LIMIT);
            CompletableFuture<?> appended = Flux.range(0, JOBS)
                    .flatMap(
                            i -> journal.append(
                                    new Draft(ids.next(), clock.instant())
                                            .group(id)
                                            .job(),
                                    Flux.empty()),
                            8)
                    .then()
                    .toFuture();
            int done = 0;
            while (done < JOBS) {
                told.add(find(journal, id)); // told before the cut
                left.add(power.cut());
                for (Job job : claim(journal)) {
                    Ends.finish(journal, job, OK, Flux.empty()).block(LIMIT);
                    done++;
                }
            }
            appended.join();
            assertThat(find(journal, id).state()).isEqualTo(Group.State.FINISHED);
            events = journal.groupHistory(id, 0).collectList().block(LIMIT);
        }
        assertThat(left).hasSizeGreaterThan(2);
        for (int i = 0; i < left.size(); i += Math.max(1, left.size() / 10)) {
            try (Journal journal = open(left.get(i))) {
                assertAddsUp(journal, id, told.get(i), events);
            }
        }
    }

    private void assertAddsUp(Journal journal, GroupId id, Group told, List<GroupEvent> events) {
        Group group = find(journal, id);
        assertThat(group.lastSeq()).isGreaterThanOrEqualTo(told.lastSeq());
        assertThat(group.counts().succeeded())
                .isGreaterThanOrEqualTo(told.counts().succeeded());
        assertThat(group.counts().total()).isGreaterThanOrEqualTo(told.counts().total());
        Counts counts = Counts.NONE;
        MemberPage page = new MemberPage(List.of(), 1);
        while (page.next() > 0) {
            page = journal.members(id, null, 1_000, page.next()).block(LIMIT);
            for (Job job : page.jobs()) {
                counts = counts.plus(job.state());
            }
        }
        assertThat(group.counts()).isEqualTo(counts);
        List<GroupEvent> history = journal.groupHistory(id, 0).collectList().block(LIMIT);
        assertThat(history)
                .extracting(GroupEvent::seq)
                .isEqualTo(LongStream.rangeClosed(1, group.lastSeq()).boxed().toList());
        int before = (int) told.lastSeq();
        assertThat(keys(history.subList(0, before))).isEqualTo(keys(events.subList(0, before)));
    }

    /** An end shows its job as it is: told by which job and number. */
    private static List<String> keys(List<GroupEvent> events) {
        return events.stream()
                .map(event -> event instanceof GroupEvent.OfJob of
                        ? of.event().job() + "/" + of.event().seq()
                        : String.valueOf(event))
                .toList();
    }

    private Journal open(PowerCut power) {
        return power.open(new JournalClock(clock, clock::nanos), clock::leaseNanos);
    }

    private static List<Job> claim(Journal journal) {
        return journal.claim(Map.of("reports", Journal.Demand.of(10)), Duration.ofSeconds(30))
                .block(LIMIT)
                .jobs();
    }

    private static Group find(Journal journal, GroupId id) {
        return ((GroupLookup.Known) journal.findGroup(id).block(LIMIT)).group();
    }
}
