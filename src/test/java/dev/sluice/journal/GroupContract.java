package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Group;
import dev.sluice.job.Group.Counts;
import dev.sluice.job.GroupId;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Jobs join a group with their acceptance, and it counts them exactly until all have ended. */
interface GroupContract extends GroupRig {

    @Test
    default void aGroupIsFoundAsItWasCreated() {
        NewGroup wanted = new NewGroup(
                new GroupId(newId()),
                new Group.Spec(time().instant(), "ⅵ thumbnails", 500, GROUP_KEEP, "https://hooks.example/done"));
        Group created = get(journal().createGroup(wanted));
        assertThat(created).isEqualTo(wanted.created());
        assertThat(groupOf(created.id())).isEqualTo(created);
        Group plain = get(journal()
                .createGroup(new NewGroup(
                        new GroupId(newId()), new Group.Spec(time().instant(), null, 0, Duration.ofDays(1), null))));
        assertThat(groupOf(plain.id())).isEqualTo(plain);
        assertThat(plain.state()).isEqualTo(Group.State.OPEN);
    }

    @Test
    default void groupsAndJobsAreToldApart() {
        GroupId group = group();
        Job job = accept();
        assertThat(get(journal().find(group.value()))).isNull();
        assertThat(get(journal().findGroup(new GroupId(job.id())))).isNull();
    }

    @Test
    default void nothingIsKnownOfAGroupThatWasNeverCreated() {
        GroupId unknown = new GroupId(newId());
        assertThat(get(journal().findGroup(unknown))).isNull();
        assertThat(get(journal().closeGroup(unknown))).isNull();
        assertThat(get(journal().cancelGroup(unknown))).isNull();
        assertThat(get(journal().eraseGroup(unknown))).isFalse();
        assertThat(get(journal().members(unknown, null, 10, 0))).isNull();
        assertThat(groupHistory(unknown, 0)).isEmpty();
        assertThat(get(journal().groupTail(unknown).collectList())).isEmpty();
    }

    @Test
    default void aJobJoinsWithItsAcceptance() {
        GroupId id = group();
        clock().advance(Duration.ofSeconds(5));
        Job job = join(id);
        assertThat(find(job.id()).spec().group()).isEqualTo(id);
        Group group = groupOf(id);
        assertThat(group.counts()).isEqualTo(new Counts(1, 0, 0, 0, 0));
        assertThat(group.lastSeq()).isEqualTo(2);
        assertThat(group.joinedAt()).isEqualTo(group.spec().createdAt().plusSeconds(5));
        assertThat(members(id, null, 10)).containsExactly(job.id());
    }

    @Test
    default void aJobOfAGroupThatIsNotThereIsNotAccepted() {
        Draft lost = draft().group(new GroupId(newId())).key("k");
        assertFails(() -> get(append(lost)), GroupUnknownException.class);
        assertThat(get(journal().find(lost.id()))).isNull();
        assertThat(get(journal().holds(IdempotencyKey.of(ROUTE, "", "k")))).isFalse();
        assertThat(backlog().of(ROUTE).depth()).isZero();
    }

    @Test
    default void aClosedGroupTakesNoMoreJobs() {
        GroupId id = group();
        Job job = join(id);
        Group closed = get(journal().closeGroup(id));
        assertThat(closed.state()).isEqualTo(Group.State.CLOSED);
        assertThat(closed).isEqualTo(groupOf(id));
        Draft late = draft().group(id).body(Flux.just(new byte[100_000])); // in pieces
        assertFails(() -> get(append(late)), GroupClosedException.class);
        assertThat(get(journal().find(late.id()))).isNull();
        assertThat(get(journal().closeGroup(id))).isEqualTo(closed);
        assertCounts(id, 1, 0, 0, 0, 0);

        get(succeed(claimOne(), "done"));
        assertFails(() -> get(append(draft().group(id))), GroupClosedException.class);
        assertThat(find(job.id()).state()).isEqualTo(JobState.SUCCEEDED);
    }

    @Test
    default void aGroupClosesItselfWithTheLastJobOfItsSize() {
        GroupId id = group(3);
        joined(id, 2);
        assertThat(groupOf(id).state()).isEqualTo(Group.State.OPEN);
        join(id);
        assertThat(groupOf(id).state()).isEqualTo(Group.State.CLOSED);
        assertThat(told(id)).containsExactly("created", "accepted", "accepted", "accepted", "closed");
        assertFails(() -> join(id), GroupClosedException.class);
    }

    @Test
    default void ofManyAtOnceOnlyAsManyJoinAsItsSize() {
        GroupId id = group(10);
        List<Boolean> joined = race(
                30,
                i -> append(draft().group(id))
                        .map(appended -> true)
                        .onErrorResume(GroupClosedException.class, full -> Mono.just(false)));
        assertThat(joined.stream().filter(in -> in)).hasSize(10);
        assertCounts(id, 10, 0, 0, 0, 0);
        assertThat(members(id, null, 100)).hasSize(10);
        assertThat(backlog().of(ROUTE).depth()).isEqualTo(10);
        assertAddsUp(id);
    }

    @Test
    default void anEmptyGroupThatIsClosedIsFinishedAtOnce() {
        GroupId id = group();
        Group closed = get(journal().closeGroup(id));
        assertThat(closed.state()).isEqualTo(Group.State.FINISHED);
        assertThat(closed.finishedAt()).isEqualTo(closed.closedAt());
        assertThat(groupOf(id)).isEqualTo(closed);
        assertThat(told(id)).containsExactly("created", "closed", "finished");
        assertThat(get(journal().closeGroup(id))).isEqualTo(closed);
    }

    @Test
    default void aGroupFinishesWithTheEndOfItsLastJob() {
        GroupId id = group(2);
        joined(id, 2);
        get(succeed(claim(ROUTE, 1).get(0), "done"));
        assertThat(groupOf(id).state()).isEqualTo(Group.State.CLOSED);
        clock().advance(Duration.ofSeconds(1));
        get(succeed(claimOne(), "done"));
        Group finished = groupOf(id);
        assertThat(finished.finishedAt()).isEqualTo(time().instant());
        assertThat(finished.counts()).isEqualTo(new Counts(0, 0, 2, 0, 0));
        assertThat(told(id)).endsWith("succeeded", "finished");
        assertAddsUp(id);
    }

    @Test
    default void anOpenGroupDoesNotFinishWithItsJobs() {
        GroupId id = group();
        join(id);
        get(succeed(claimOne(), "done"));
        assertThat(groupOf(id).state()).isEqualTo(Group.State.OPEN);
        assertThat(get(journal().closeGroup(id)).state()).isEqualTo(Group.State.FINISHED);
        assertAddsUp(id);
    }

    @Test
    default void everyMoveIsCounted() {
        GroupId id = group();
        joined(id, 5);
        assertCounts(id, 5, 0, 0, 0, 0);
        List<Job> claimed = claim(ROUTE, 3);
        assertCounts(id, 2, 3, 0, 0, 0);
        get(journal().report(claimed.get(0).id(), new Transition.Report(new Progress(10.0, null), null)));
        assertCounts(id, 2, 3, 0, 0, 0);
        get(journal().record(claimed.get(0), new Transition.Requeue(RequeueReason.RETRY, time().instant(), FAILURE)));
        assertCounts(id, 3, 2, 0, 0, 0);
        get(journal().record(claimed.get(1), new Transition.Fail(FAILURE, null)));
        assertCounts(id, 3, 1, 0, 1, 0);
        get(journal().cancel(claimed.get(2).id()));
        get(journal().cancel(claimed.get(0).id()));
        assertCounts(id, 2, 0, 0, 1, 2);
        for (Job job : claim(ROUTE, 2)) {
            get(succeed(job, "done"));
        }
        assertCounts(id, 0, 0, 2, 1, 2);
        assertThat(get(journal().closeGroup(id)).state()).isEqualTo(Group.State.FINISHED);
        assertAddsUp(id);
    }

    @Test
    default void whatTimeDoesToAJobIsCounted() {
        GroupId id = group();
        accept(draft().group(id).attempts(1));
        accept(draft().group(id));
        claim(ROUTE, 2);
        clock().advance(LEASE.plusMillis(1));
        assertThat(claim("another", 1)).isEmpty();
        assertThat(claim(ROUTE, 2)).hasSize(1); // one was lost and is run again, the other's only try is lost
        assertCounts(id, 0, 1, 0, 1, 0);
        accept(draft().group(id).deadlineIn(Duration.ofSeconds(1)));
        get(journal().closeGroup(id));
        clock().advance(Duration.ofSeconds(2));
        get(journal().failOverdue());
        assertCounts(id, 0, 1, 0, 2, 0);
        clock().advance(LEASE.minusSeconds(2));
        Job last = claimOne();
        assertCounts(id, 0, 1, 0, 2, 0);
        Instant now = time().instant();
        get(journal()
                .record(
                        last,
                        new Transition.Requeue(
                                RequeueReason.UNREACHABLE, now.plusSeconds(60), FAILURE, false, now.plusSeconds(5))));
        assertCounts(id, 1, 0, 0, 2, 0);
        clock().advance(Duration.ofSeconds(6));
        get(journal().failOverdue());
        assertCounts(id, 0, 0, 0, 3, 0);
        assertThat(find(last.id()).failure().problem()).isEqualTo(Problem.BACKEND_TIMEOUT);
        assertThat(groupOf(id).state()).isEqualTo(Group.State.FINISHED);
        assertAddsUp(id);
    }

    @Test
    default void aParkedJobCountsAsRunning() {
        GroupId id = group(1);
        Job job = join(id);
        Awaiting operation = new Awaiting.Operation("https://backend.example/operations/1", time().instant());
        get(journal().record(claimOne(), new Transition.Await(operation, time().instant())));
        assertCounts(id, 0, 1, 0, 0, 0);
        assertThat(groupOf(id).lastSeq()).isEqualTo(4); // created, accepted, closed, started
        Job checked = get(journal().resume(Map.of(ROUTE, 1), LEASE)).jobs().get(0);
        assertThat(checked.id()).isEqualTo(job.id());
        get(journal().record(checked, new Transition.Await(operation, time().instant())));
        assertCounts(id, 0, 1, 0, 0, 0);
        get(journal().cancel(job.id()));
        assertThat(groupOf(id).state()).isEqualTo(Group.State.FINISHED);
        assertAddsUp(id);
    }

    @Test
    default void whatARequestRepeatsStaysWhereItIs() {
        GroupId first = group(1);
        GroupId second = group();
        Job job = accept(draft().group(first).key("k"));
        for (GroupId other : new GroupId[] {first, second, new GroupId(newId()), null}) {
            Appended again = get(append(draft().group(other).key("k")));
            assertThat(((Appended.Replayed) again).job()).isEqualTo(job);
        }
        assertCounts(first, 1, 0, 0, 0, 0);
        assertCounts(second, 0, 0, 0, 0, 0);
        Job alone = accept(draft().key("alone"));
        assertThat(get(append(draft().group(second).key("alone")))).isInstanceOf(Appended.Replayed.class);
        assertThat(find(alone.id()).spec().group()).isNull();
        assertThat(groupOf(second).lastSeq()).isEqualTo(1);
    }

    @Test
    default void anIdleGroupIsClosed() {
        GroupId empty = group();
        GroupId joined = group();
        clock().advance(IDLE.minusMillis(1));
        Job job = join(joined);
        get(journal().tendGroups(IDLE));
        assertThat(groupOf(empty).state()).isEqualTo(Group.State.OPEN);
        clock().advance(Duration.ofMillis(1));
        get(journal().tendGroups(IDLE));
        assertThat(groupOf(empty).state()).isEqualTo(Group.State.FINISHED);
        assertThat(groupOf(joined).state()).isEqualTo(Group.State.OPEN);
        clock().advance(IDLE.minusMillis(1));
        get(journal().tendGroups(IDLE));
        assertThat(groupOf(joined).state()).isEqualTo(Group.State.CLOSED);
        assertThat(told(joined)).endsWith("accepted", "closed");
        assertThat(find(job.id()).state()).isEqualTo(JobState.QUEUED);
        GroupId later = group();
        clock().advance(IDLE);
        get(journal().tendGroups(IDLE));
        assertThat(groupOf(later).state()).isEqualTo(Group.State.FINISHED);
    }

    @Test
    default void whatHappensAtOnceIsCountedExactly() {
        GroupId one = group();
        GroupId other = group(30);
        int jobs = 60;
        var appended = Flux.range(0, jobs)
                .flatMap(
                        i -> append(draft().group(i % 2 == 0 ? one : other))
                                .subscribeOn(RACERS)
                                .map(accepted -> ((Appended.Created) accepted).job())
                                .flatMap(job -> i % 5 == 0 ? cancelled(job) : Mono.just(job)),
                        16)
                .then()
                .toFuture();
        Counts before = Counts.NONE;
        long finished = 0;
        while (finished < jobs) {
            List<Job> claimed = race(3, i -> journal().claim(JournalRig.demand(Map.of(ROUTE, 4)), LEASE)).stream()
                    .flatMap(claim -> claim.jobs().stream())
                    .toList();
            get(Flux.fromIterable(claimed)
                    .flatMap(job -> succeed(job, "done")
                            .subscribeOn(RACERS)
                            .onErrorResume(StaleClaimException.class, stale -> Mono.empty()))
                    .then());
            Counts now = groupOf(one).counts();
            assertThat(now.finished()).isGreaterThanOrEqualTo(before.finished());
            assertThat(now.total()).isGreaterThanOrEqualTo(before.total());
            before = now;
            finished = now.finished() + groupOf(other).counts().finished();
        }
        get(Mono.fromFuture(appended));
        for (GroupId id : List.of(one, other)) {
            Counts counts = groupOf(id).counts();
            assertThat(counts.total()).isEqualTo(30);
            assertThat(counts.unfinished()).isZero();
            assertThat(findAll(members(id, JobState.SUCCEEDED, 7))).hasSize((int) counts.succeeded());
            assertAddsUp(id);
        }
        assertThat(groupOf(other).state()).isEqualTo(Group.State.FINISHED);
        assertThat(get(journal().closeGroup(one)).state()).isEqualTo(Group.State.FINISHED);
    }

    private Mono<Job> cancelled(Job job) {
        return journal().cancel(job.id()).onErrorResume(IllegalTransitionException.class, late -> Mono.just(job));
    }
}
