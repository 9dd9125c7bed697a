package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Progress;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** The events of the jobs of a group and its own are numbered and read as one; so are its jobs. */
interface GroupHistoryContract extends GroupRig {

    @Test
    default void theEventsOfAGroupAreThoseOfItsJobsAndItsOwn() {
        GroupId id = group();
        accept(); // of no group
        Job job = join(id);
        claim(ROUTE, 2);
        get(journal().report(job.id(), new Transition.Report(new Progress(40.0, "page 2"), "{\"page\":2}")));
        get(journal().cancel(job.id()));
        get(journal().closeGroup(id));

        List<GroupEvent> events = groupHistory(id, 0);
        assertThat(events)
                .extracting(GroupRig::word)
                .containsExactly("created", "accepted", "started", "progress", "cancelled", "closed", "finished");
        List<JobEvent> ofJob = events.stream()
                .filter(GroupEvent.OfJob.class::isInstance)
                .map(event -> ((GroupEvent.OfJob) event).event())
                .toList();
        assertThat(ofJob).isEqualTo(history(job.id()));
        assertThat(((GroupEvent.OfGroup) events.get(6)).group()).isEqualTo(groupOf(id));
        assertThat(((GroupEvent.OfGroup) events.get(0)).group().state()).isEqualTo(Group.State.OPEN);
        assertThat(((GroupEvent.OfGroup) events.get(5)).at())
                .isEqualTo(groupOf(id).closedAt());
        assertAddsUp(id);
        for (long after = 0; after <= 7; after++) {
            assertThat(groupHistory(id, after)).isEqualTo(events.subList((int) after, 7));
        }
        assertThat(groupHistory(id, 100)).isEmpty();
    }

    @Test
    default void outputDoesNotCountInTheGroup() {
        GroupId id = group();
        Job job = join(id);
        Job claimed = claimOne();
        get(journal().stream(claimed, OutputContract.HEAD, Flux.range(0, 3).map(i -> List.of(Output.text("a", 1, i)))));
        assertThat(groupOf(id).lastSeq()).isEqualTo(3);
        get(succeed(claimed, "aaa"));
        assertThat(told(id)).containsExactly("created", "accepted", "started", "succeeded");
        assertThat(((GroupEvent.OfJob) groupHistory(id, 3).get(0)).event())
                .isEqualTo(new JobEvent.Finished(find(job.id())));
        assertAddsUp(id);
    }

    @Test
    default void aLongHistoryIsReadInPagesAndOnDemand() {
        GroupId id = group();
        Job job = join(id);
        claimOne();
        int reports = 400;
        for (int i = 0; i < reports; i++) {
            get(journal().report(job.id(), new Transition.Report(new Progress(i / 4.0, null), null)));
        }
        assertThat(groupHistory(id, 0)).hasSize(reports + 3);
        assertAddsUp(id);
        StepVerifier.create(journal().groupHistory(id, 1).map(GroupEvent::seq), 2)
                .expectNext(2L, 3L)
                .thenRequest(300)
                .expectNextSequence(LongStream.rangeClosed(4, 303).boxed().toList())
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    default void whatIsNoLongerKeptOfAJobIsLeftOut() {
        GroupId id = group();
        Job kept = join(id);
        Job erased = join(id);
        get(journal().cancel(erased.id()));
        assertThat(get(journal().forget(erased.id()))).isTrue();
        assertThat(groupHistory(id, 0)).extracting(GroupEvent::seq).containsExactly(1L, 2L);
        assertThat(groupOf(id).lastSeq()).isEqualTo(4);
        assertCounts(id, 1, 0, 0, 0, 1);
        assertThat(members(id, null, 10)).containsExactly(kept.id());

        get(journal().cancel(kept.id()));
        clock().advance(Duration.ofHours(1));
        assertThat(purge()).isEqualTo(1);
        assertCounts(id, 0, 0, 0, 0, 2);
        get(journal().closeGroup(id));
        assertThat(groupHistory(id, 0)).extracting(GroupEvent::seq).containsExactly(1L, 6L, 7L);
    }

    @Test
    default void theTailTellsHowFarAGroupIs() {
        GroupId id = group();
        List<Long> seen = new CopyOnWriteArrayList<>();
        Disposable tail = journal().groupTail(id).subscribe(seen::add);
        waitFor(seen, 1);
        join(id);
        waitFor(seen, 2);
        get(journal().closeGroup(id));
        claimOne();
        waitFor(seen, 4);
        assertThat(seen).isSorted().doesNotHaveDuplicates();
        List<Long> late = new CopyOnWriteArrayList<>();
        Disposable second = journal().groupTail(id).subscribe(late::add);
        waitFor(late, 4);
        tail.dispose();
        second.dispose();
    }

    @Test
    default void whoFollowsTheTailMissesNothing() {
        GroupId id = group();
        List<GroupEvent> read = new CopyOnWriteArrayList<>();
        long[] after = {0};
        Disposable reader = journal()
                .groupTail(id)
                .concatMap(last -> Flux.defer(() -> journal().groupHistory(id, after[0])), 1)
                .doOnNext(event -> after[0] = event.seq())
                .subscribe(read::add);
        for (int i = 0; i < 40; i++) {
            Job job = join(id);
            if (i % 2 == 0) {
                get(journal().cancel(job.id()));
            }
        }
        while (!claim(ROUTE, 5).isEmpty()) {
            // started, in several steps
        }
        Awaitility.await()
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(read).hasSize((int) groupOf(id).lastSeq()));
        assertThat(read).extracting(GroupEvent::seq).isSorted().doesNotHaveDuplicates();
        assertThat(read).isEqualTo(groupHistory(id, 0));
        reader.dispose();
    }

    @Test
    default void jobsOfAGroupAreListedInTheOrderOfTheirAcceptance() {
        GroupId id = group();
        GroupId other = group();
        List<JobId> all = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            all.add(accept(draft().group(id).urgency(i)).id());
            join(other);
        }
        for (int limit : new int[] {1, 3, 7, 100}) {
            assertThat(members(id, null, limit)).isEqualTo(all);
        }
        get(journal().cancel(all.get(1)));
        get(journal().cancel(all.get(5)));
        assertThat(members(id, JobState.CANCELLED, 1)).containsExactly(all.get(1), all.get(5));
        assertThat(members(id, JobState.QUEUED, 2)).hasSize(5).doesNotContain(all.get(1));
        assertThat(members(id, JobState.FAILED, 2)).isEmpty();
        assertThat(get(journal().members(id, null, 7, 0)).jobs()).isEqualTo(findAll(all));
        assertThat(members(group(), null, 5)).isEmpty();
    }

    @Test
    default void jobsThatJoinedAtOnceAreAllListed() {
        GroupId id = group();
        race(40, i -> append(draft().group(id)));
        List<JobId> members = members(id, null, 7);
        assertThat(members).hasSize(40).doesNotHaveDuplicates();
        assertThat(findAll(members)).extracting(Job::order).isSorted();
        assertThat(groupHistory(id, 1))
                .extracting(event -> ((GroupEvent.OfJob) event).event().job())
                .containsExactlyInAnyOrderElementsOf(members);
    }

    private static void waitFor(List<Long> seen, long seq) {
        Awaitility.await()
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(seen).isNotEmpty().last().isEqualTo(seq));
    }
}
