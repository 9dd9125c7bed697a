package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.Group.Counts;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Groups are cancelled and erased with all their jobs, kept for their time, and survive whatever their jobs do. */
interface GroupEndContract extends GroupRig {

    /** More than any step takes. */
    int MANY = 600;

    @Test
    default void cancellingAGroupCancelsWhatIsUnfinished() {
        GroupId id = group();
        Job done = finished(draft().group(id));
        Job running = join(id);
        Job claimed = claimOne();
        Job queued = join(id);
        Job delayed = accept(draft().group(id).dueIn(Duration.ofHours(1)));
        Job alone = accept();

        Group cancelled = get(journal().cancelGroup(id));
        assertThat(cancelled.state()).isEqualTo(Group.State.FINISHED);
        assertThat(cancelled.counts()).isEqualTo(new Counts(0, 0, 1, 0, 3));
        assertThat(cancelled).isEqualTo(groupOf(id));
        for (Job job : List.of(running, queued, delayed)) {
            assertThat(find(job.id()).state()).isEqualTo(JobState.CANCELLED);
        }
        assertThat(find(done.id()).state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(find(alone.id()).state()).isEqualTo(JobState.QUEUED);
        assertStale(succeed(claimed, "too late"));
        assertThat(told(id)).endsWith("finished").contains("closed");
        assertAddsUp(id);
        assertThat(get(journal().cancelGroup(id))).isEqualTo(cancelled);
        assertFails(() -> join(id), GroupClosedException.class);
        assertThat(backlog().of(ROUTE).depth()).isEqualTo(1);
        assertThat(backlog().of(ROUTE).running()).isZero();
    }

    @Test
    default void aGroupThatHadFinishedIsNotCancelled() {
        GroupId id = group(1);
        finished(draft().group(id));
        Group finished = groupOf(id);
        assertFails(() -> get(journal().cancelGroup(id)), GroupFinishedException.class);
        assertThat(groupOf(id)).isEqualTo(finished);
        GroupId empty = group();
        get(journal().closeGroup(empty));
        assertFails(() -> get(journal().cancelGroup(empty)), GroupFinishedException.class);
        GroupId open = group();
        assertThat(get(journal().cancelGroup(open)).state()).isEqualTo(Group.State.FINISHED);
        assertThat(get(journal().cancelGroup(open)).state()).isEqualTo(Group.State.FINISHED);
    }

    @Test
    default void aClosedGroupCanBeCancelled() {
        GroupId id = group(2);
        joined(id, 2);
        assertThat(get(journal().cancelGroup(id)).counts()).isEqualTo(new Counts(0, 0, 0, 0, 2));
        assertThat(told(id))
                .containsExactly("created", "accepted", "accepted", "closed", "cancelled", "cancelled", "finished");
    }

    @Test
    default void aLargeGroupIsCancelledWholly() {
        GroupId id = group();
        race(MANY, i -> append(draft().group(id)));
        claim(ROUTE, 50);
        Group cancelled = get(journal().cancelGroup(id));
        assertThat(cancelled.counts()).isEqualTo(new Counts(0, 0, 0, 0, MANY));
        assertThat(backlog().of(ROUTE).depth()).isZero();
        assertAddsUp(id);
    }

    @Test
    default void cancellingAtOnceCancelsOnce() {
        GroupId id = group();
        joined(id, 20);
        List<Group> cancelled = race(4, i -> journal().cancelGroup(id));
        assertThat(cancelled).hasSize(4).containsOnly(groupOf(id));
        assertThat(groupOf(id).counts().cancelled()).isEqualTo(20);
        assertAddsUp(id);
    }

    @Test
    default void anErasedGroupIsGoneWithAllItsJobs() {
        GroupId id = group();
        Job done = finished(draft().group(id).body(reactor.core.publisher.Flux.just(new byte[100_000])));
        Job running = join(id);
        Job claimed = claimOne();
        Job queued = accept(draft().group(id).key("k"));
        Job alone = accept();
        CompletableFuture<?> tail = journal().groupTail(id).then().toFuture();

        assertThat(get(journal().eraseGroup(id))).isTrue();
        assertGroupErased(id);
        for (Job job : List.of(done, running, queued)) {
            assertThat(get(journal().find(job.id()))).isEqualTo(new Lookup.Expired());
            assertThat(get(journal().request(job.id()))).isNull();
            assertThat(history(job.id())).isEmpty();
        }
        assertStale(succeed(claimed, "too late"));
        assertThat(get(journal().holds(IdempotencyKey.of(ROUTE, "", "k")))).isFalse();
        assertThat(find(alone.id()).state()).isEqualTo(JobState.QUEUED);
        assertThat(get(journal().eraseGroup(id))).isFalse();
        assertThat(backlog().of(ROUTE).depth()).isEqualTo(1);
        assertThat(backlog().of(ROUTE).running()).isZero();
        get(Mono.fromFuture(tail));
    }

    @Test
    default void aLargeGroupIsErasedWholly() {
        GroupId id = group();
        List<JobId> jobs = acceptAll(MANY, i -> draft().group(id));
        claim(ROUTE, 50);
        assertThat(get(journal().eraseGroup(id))).isTrue();
        assertGroupErased(id);
        assertThat(ofEach(jobs, id1 -> journal().find(id1))).containsOnly(new Lookup.Expired());
        assertThat(backlog().of(ROUTE).depth()).isZero();
    }

    @Test
    default void groupsOfEveryKindCanBeErased() {
        GroupId finished = group(1);
        finished(draft().group(finished));
        GroupId empty = group();
        GroupId cancelled = group();
        join(cancelled);
        get(journal().cancelGroup(cancelled));
        for (GroupId id : List.of(finished, empty, cancelled)) {
            assertThat(get(journal().eraseGroup(id))).isTrue();
            assertGroupErased(id);
        }
    }

    @Test
    default void theEndOfAGroupCausesItsFollowUpsOnce() {
        followUps()
                .ofGroups(finished -> List.of(new FollowUps.FollowUp(
                        draft().route("tell")
                                .target("/" + finished.id() + "/"
                                        + finished.counts().finished())
                                .job(),
                        new byte[10])));
        GroupId bySize = toldGroup(1);
        finished(draft().group(bySize));
        GroupId closed = toldGroup(0);
        get(journal().closeGroup(closed));
        get(journal().closeGroup(closed));
        GroupId cancelled = toldGroup(0);
        joined(cancelled, 2);
        get(journal().cancelGroup(cancelled));
        get(journal().cancelGroup(cancelled));
        GroupId idle = toldGroup(0);
        clock().advance(IDLE);
        get(journal().tendGroups(IDLE));
        GroupId erased = toldGroup(0);
        join(erased);
        get(journal().eraseGroup(erased));
        GroupId open = toldGroup(0);
        finished(draft().group(open));
        finished(draft().group(group(1))); // has no callback
        assertThat(claim("tell", 100))
                .extracting(job -> get(journal().request(job.id())).head().target())
                .containsExactlyInAnyOrder(
                        "/" + bySize + "/1", "/" + closed + "/0", "/" + cancelled + "/2", "/" + idle + "/0");
    }

    @Test
    default void jobsThatAreErasedWithTheirGroupCauseNoFollowUps() {
        followUps()
                .ofJobs((before, ended) -> ended.route().equals(ROUTE)
                        ? List.of(new FollowUps.FollowUp(draft().route("tell").job(), new byte[10]))
                        : List.of());
        GroupId erased = group();
        joined(erased, 3);
        claim(ROUTE, 1);
        get(journal().eraseGroup(erased));
        assertThat(claim("tell", 100)).isEmpty();
        GroupId cancelled = group();
        joined(cancelled, 3);
        get(journal().cancelGroup(cancelled));
        assertThat(claim("tell", 100)).hasSize(3);
    }

    @Test
    default void aTombstoneOfAGroupIsRemovedInTime() {
        GroupId id = group();
        get(journal().eraseGroup(id));
        clock().advance(RetentionContract.TOMBSTONES.minusMillis(1));
        purge();
        assertThat(get(journal().findGroup(id))).isEqualTo(new GroupLookup.Expired());
        clock().advance(Duration.ofMillis(1));
        purge();
        assertThat(get(journal().findGroup(id))).isNull();
        assertThat(get(journal().eraseGroup(id))).isFalse();
    }

    @Test
    default void aFinishedGroupIsKeptForItsTime() {
        GroupId open = group();
        GroupId id = group(1);
        Job job = finished(draft().group(id).keep(Duration.ofDays(3)));
        clock().advance(GROUP_KEEP.minusMillis(1));
        purge();
        assertThat(groupOf(id).state()).isEqualTo(Group.State.FINISHED);
        clock().advance(Duration.ofMillis(1));
        assertThat(purge()).isZero();
        assertGroupErased(id);
        assertThat(find(job.id())).isEqualTo(job); // has a time of its own
        clock().advance(RetentionContract.TOMBSTONES);
        purge();
        assertThat(get(journal().findGroup(id))).isNull();
        assertThat(groupOf(open).state()).isEqualTo(Group.State.OPEN);
    }

    /** Else whoever may create groups fills the storage with them. */
    @Test
    default void aGroupThatNobodyJoinedIsNotKeptForLong() {
        GroupId closed = group();
        get(journal().closeGroup(closed));
        clock().advance(Group.KEPT_EMPTY.minusMillis(1));
        purge();
        assertThat(groupOf(closed).state()).isEqualTo(Group.State.FINISHED);
        assertThat(groupOf(closed).expiresAt()).isEqualTo(clock().instant().plusMillis(1));
        clock().advance(Duration.ofMillis(1));
        purge();
        assertGroupErased(closed);

        GroupId idle = group();
        clock().advance(IDLE);
        get(journal().tendGroups(IDLE));
        assertThat(groupOf(idle).state()).isEqualTo(Group.State.FINISHED);
        clock().advance(Group.KEPT_EMPTY);
        purge();
        assertGroupErased(idle);
    }

    @Test
    default void whatIsNoLongerKeptOfItsJobsIsLeftOutAlsoAfterARestart() {
        GroupId id = group();
        Job gone = finished(draft().group(id).keep(Duration.ofMinutes(1)));
        Job kept = finished(draft().group(id).keep(Duration.ofDays(3)));
        clock().advance(Duration.ofMinutes(1));
        purge();
        clock().advance(Duration.ofHours(1));
        get(journal().tendGroups(Duration.ofDays(9)));
        var told = groupHistory(id, 0);
        assertThat(told).extracting(dev.sluice.job.GroupEvent::seq).containsExactly(1L, 5L, 6L, 7L);
        reopen();
        get(journal().tendGroups(Duration.ofDays(9)));
        assertThat(groupHistory(id, 0)).isEqualTo(told);
        assertThat(members(id, null, 3)).containsExactly(kept.id());
        assertThat(find(kept.id()).state()).isEqualTo(kept.state());
        assertThat(get(journal().find(gone.id()))).isEqualTo(new Lookup.Expired());
        join(id);
        assertThat(groupHistory(id, 7)).hasSize(1);
        assertThat(groupOf(id).counts().total()).isEqualTo(3);
    }

    @Test
    default void groupsSurviveARestart() {
        GroupId id = group(5);
        joined(id, 4);
        Job first = claim(ROUTE, 2).get(0);
        get(succeed(first, "done"));
        GroupId ended = group();
        get(journal().closeGroup(ended));
        Group before = groupOf(id);
        Group endedBefore = groupOf(ended);
        var events = groupHistory(id, 0);

        reopen();
        assertThat(groupOf(ended)).isEqualTo(endedBefore);
        assertThat(groupHistory(id, 0)).startsWith(events.toArray(dev.sluice.job.GroupEvent[]::new));
        assertThat(groupOf(id).counts().total()).isEqualTo(4);
        assertThat(groupOf(id).spec()).isEqualTo(before.spec());
        join(id);
        assertThat(groupOf(id).state()).isEqualTo(Group.State.CLOSED);
        clock().advance(LEASE.plusMillis(1)); // where other nodes may hold it
        for (Job job : claim(ROUTE, 5)) {
            get(succeed(job, "done"));
        }
        Group group = groupOf(id);
        assertThat(group.counts()).isEqualTo(new Counts(0, 0, 5, 0, 0));
        assertThat(group.state()).isEqualTo(Group.State.FINISHED);
        assertThat(members(id, null, 3)).hasSize(5);
        assertAddsUp(id);
    }

    @Test
    default void cancellingGoesOnAfterARestart() {
        GroupId id = group();
        race(MANY, i -> append(draft().group(id)));
        stoppedDuring(journal().cancelGroup(id));
        get(journal().tendGroups(IDLE));
        Group group = groupOf(id);
        if (group.state() == Group.State.OPEN) { // stopped before anything was durable
            return;
        }
        assertThat(group.state()).isEqualTo(Group.State.FINISHED);
        assertThat(group.counts()).isEqualTo(new Counts(0, 0, 0, 0, MANY));
        assertAddsUp(id);
    }

    @Test
    default void erasingGoesOnAfterARestart() {
        GroupId id = group();
        List<JobId> jobs = acceptAll(MANY, i -> draft().group(id));
        stoppedDuring(journal().eraseGroup(id));
        get(journal().tendGroups(IDLE));
        if (get(journal().findGroup(id)) instanceof GroupLookup.Known) { // stopped before anything was durable
            return;
        }
        assertGroupErased(id);
        assertThat(ofEach(jobs, job -> journal().find(job))).containsOnly(new Lookup.Expired());
        assertThat(backlog().of(ROUTE).depth()).isZero();
    }

    /** Begins what takes several steps, and closes the journal in the middle of it. */
    private void stoppedDuring(Mono<?> verb) {
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        verb.subscribe(done -> {}, outcome::complete, () -> outcome.complete(null));
        org.awaitility.Awaitility.await()
                .pollInterval(Duration.ofMillis(1))
                .atMost(LIMIT)
                .until(() -> outcome.isDone() || backlog().of(ROUTE).depth() < MANY);
        reopen();
    }

    default void assertGroupErased(GroupId id) {
        assertThat(get(journal().findGroup(id))).isEqualTo(new GroupLookup.Expired());
        assertThat(groupHistory(id, 0)).isEmpty();
        assertThat(get(journal().members(id, null, 10, 0))).isNull();
        assertThat(get(journal().closeGroup(id))).isNull();
        assertThat(get(journal().cancelGroup(id))).isNull();
        assertThat(get(journal().groupTail(id).collectList())).isEmpty();
        assertFails(() -> join(id), GroupUnknownException.class);
    }
}
