package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Handing out due jobs. */
interface ClaimContract extends JournalRig {

    @Test
    default void aClaimedJobIsRunning() {
        Job queued = accept();
        clock().advance(Duration.ofSeconds(2));
        Job running = claimOne();

        assertThat(running.id()).isEqualTo(queued.id());
        assertThat(running.state()).isEqualTo(JobState.RUNNING);
        assertThat(running.attempt()).isEqualTo(1);
        assertThat(running.fence()).isGreaterThan(queued.fence());
        assertThat(running.startedAt()).isEqualTo(clock().instant());
        assertThat(find(queued.id())).isEqualTo(running);
        assertThat(history(queued.id()))
                .containsExactly(queued.accepted(), new JobEvent.Started(queued.id(), ROUTE, 2, clock().instant(), 1));
        assertThat(claim(ROUTE, 10)).isEmpty();
    }

    @Test
    default void jobsOfEqualUrgencyComeInTheOrderOfAcceptance() {
        List<JobId> accepted = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            accepted.add(accept().id());
        }
        assertThat(claim(ROUTE, 50)).extracting(Job::id).isEqualTo(accepted);
    }

    @Test
    default void waitingJobsAgePastMoreUrgentOnes() {
        JobId old = accept(draft().urgency(5)).id();
        clock().advance(Duration.ofSeconds(59));
        JobId justInTime = accept(draft().urgency(3)).id();
        clock().advance(Duration.ofSeconds(2));
        JobId tooLate = accept(draft().urgency(3)).id();
        JobId urgent = accept(draft().urgency(0)).id();
        JobId patient = accept(draft().urgency(7)).id();
        assertThat(claim(ROUTE, 10)).extracting(Job::id).containsExactly(urgent, justInTime, old, tooLate, patient);
    }

    @Test
    default void ofEachRouteNoMoreThanThereIsRoomFor() {
        for (int i = 0; i < 4; i++) {
            accept(draft().route("a"));
            accept(draft().route("b"));
            accept(draft().route("c"));
        }
        List<Job> jobs = claimed(Map.of("a", 3, "b", 1, "unknown", 5)).jobs();
        assertThat(jobs).filteredOn(job -> job.route().equals("a")).hasSize(3);
        assertThat(jobs).filteredOn(job -> job.route().equals("b")).hasSize(1);
        assertThat(jobs).hasSize(4);
        assertThat(claimed(Map.of("a", 0, "c", 0)).jobs()).isEmpty();
        assertThat(claimed(Map.of()).jobs()).isEmpty();
        assertThat(backlog().of("a").running()).isEqualTo(3);
        assertThat(backlog().of("c").depth()).isEqualTo(4);
    }

    @Test
    default void aDelayedJobIsNotStartedBeforeItIsDue() {
        Job late = accept(draft().dueIn(Duration.ofSeconds(20)));
        Job soon = accept(draft().dueIn(Duration.ofSeconds(10)).urgency(7));
        Job elsewhere = accept(draft().route("another").dueIn(Duration.ofSeconds(5)));

        Journal.Claimed nothing = claimed(Map.of(ROUTE, 9));
        assertThat(nothing.jobs()).isEmpty();
        assertThat(nothing.nextDueAt()).isEqualTo(soon.dueAt());
        assertThat(claimed(Map.of(ROUTE, 9, "another", 9)).nextDueAt()).isEqualTo(elsewhere.dueAt());

        clock().advance(Duration.ofMillis(9_999));
        assertThat(claim(ROUTE, 9)).isEmpty();
        clock().advance(Duration.ofMillis(1));
        Journal.Claimed first = claimed(Map.of(ROUTE, 9));
        assertThat(first.jobs()).extracting(Job::id).containsExactly(soon.id());
        assertThat(first.nextDueAt()).isEqualTo(late.dueAt());

        clock().advance(Duration.ofSeconds(10));
        Journal.Claimed last = claimed(Map.of(ROUTE, 9));
        assertThat(last.jobs()).extracting(Job::id).containsExactly(late.id());
        assertThat(last.nextDueAt()).isEqualTo(Instant.MAX);
    }

    @Test
    default void delayedJobsThatBecameDueComeInTheirTurn() {
        JobId lessUrgent =
                accept(draft().urgency(5).dueIn(Duration.ofSeconds(1))).id();
        JobId moreUrgent =
                accept(draft().urgency(2).dueIn(Duration.ofSeconds(2))).id();
        JobId accepted = accept(draft().urgency(3)).id();
        clock().advance(Duration.ofSeconds(3));
        assertThat(claim(ROUTE, 1)).extracting(Job::id).containsExactly(moreUrgent);
        assertThat(backlog().of(ROUTE).delayed()).isZero();
        assertThat(claim(ROUTE, 9)).extracting(Job::id).containsExactly(accepted, lessUrgent);
    }

    @Test
    default void aRetryIsClaimedWhenItIsDueUnderAHigherFence() {
        accept();
        Job first = claimOne();
        Instant again = clock().instant().plusSeconds(7);
        Job requeued = get(journal().record(first, new Transition.Requeue(RequeueReason.RETRY, again, FAILURE)));
        assertThat(requeued.dueAt()).isEqualTo(again);

        Journal.Claimed nothing = claimed(Map.of(ROUTE, 1));
        assertThat(nothing.jobs()).isEmpty();
        assertThat(nothing.nextDueAt()).isEqualTo(again);

        clock().advance(Duration.ofSeconds(7));
        Job second = claimOne();
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(second.fence()).isGreaterThan(first.fence());
        assertStale(succeed(first, "of the first attempt"));
        assertThat(get(succeed(second, "of the second attempt")).state()).isEqualTo(JobState.SUCCEEDED);
        numbersHaveNoGap(first.id());
    }

    @Test
    default void noMoreJobsOfARouteRunThanItsLimit() {
        List<JobId> accepted = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            accepted.add(accept().id());
        }
        Map<String, Journal.Demand> upToFive = Map.of(ROUTE, new Journal.Demand(3, 5));
        List<Job> running = new ArrayList<>(claimed(upToFive, 3));
        running.addAll(claimed(upToFive, 2));
        claimed(upToFive, 0);
        claimed(Map.of(ROUTE, new Journal.Demand(3, 4)), 0);
        running.addAll(claimed(Map.of(ROUTE, new Journal.Demand(3, 6)), 1));

        get(succeed(running.get(1), "done"));
        claimed(upToFive, 0);
        get(succeed(running.get(0), "done"));
        running.addAll(claimed(upToFive, 1));
        get(journal().cancel(running.get(2).id()));
        running.addAll(claimed(upToFive, 1));
        get(journal()
                .record(
                        running.get(3),
                        new Transition.Requeue(
                                RequeueReason.RETRY, clock().instant().plusSeconds(1), FAILURE)));
        running.addAll(claimed(upToFive, 1));

        assertThat(running).extracting(Job::id).as("in their turn").isEqualTo(accepted.subList(0, 9));
        assertThat(backlog().of(ROUTE).running()).isEqualTo(5);
    }

    @Test
    default void aLimitThatIsReachedHoldsUpNoOtherRoute() {
        for (int i = 0; i < 3; i++) {
            accept();
            accept(draft().route("another"));
        }
        claimed(Map.of(ROUTE, new Journal.Demand(9, 1)), 1);
        Map<String, Journal.Demand> both = Map.of(ROUTE, new Journal.Demand(9, 1), "another", new Journal.Demand(9, 2));
        assertThat(claimed(both, 2)).extracting(Job::route).containsOnly("another");
        assertThat(claimed(Map.of(ROUTE, Journal.Demand.of(9), "another", Journal.Demand.of(9)), 3))
                .extracting(Job::route)
                .containsExactlyInAnyOrder(ROUTE, ROUTE, "another");
    }

    @Test
    default void aLeaseThatRanOutFreesItsPlace() {
        JobId first = accept().id();
        accept();
        Map<String, Journal.Demand> one = Map.of(ROUTE, new Journal.Demand(9, 1));
        claimed(one, 1);
        clock().advance(LEASE);
        assertThat(claimed(one, 1)).extracting(Job::id).containsExactly(first);
        claimed(one, 0);
        assertThat(backlog().of(ROUTE).running()).isEqualTo(1);
    }

    @Test
    default void theLimitHoldsForManyClaimantsAtOnceAndNothingIsLeftOver() {
        int jobs = 400;
        int limit = 5;
        race(jobs, i -> append(draft()));
        Map<String, Journal.Demand> demand = Map.of(ROUTE, new Journal.Demand(3, limit));
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();

        Mono<Void> turn = Mono.defer(() -> journal().claim(demand, LEASE))
                .doOnNext(batch ->
                        most.accumulateAndGet(running.addAndGet(batch.jobs().size()), Math::max))
                .flatMapIterable(Journal.Claimed::jobs)
                .concatMap(job -> Mono.defer(() -> {
                    running.decrementAndGet(); // before it ends, or who follows it may be counted first
                    return succeed(job, "done");
                }))
                .doOnNext(job -> ended.incrementAndGet())
                .then();
        race(8, claimant -> turn.repeat(() -> ended.get() < jobs).then());

        assertThat(most.get()).isPositive().isLessThanOrEqualTo(limit);
        assertThat(ended.get()).isEqualTo(jobs);
        assertThat(backlog().of(ROUTE)).isEqualTo(Backlog.RouteBacklog.EMPTY);
    }

    @Test
    default void noJobIsClaimedTwiceByManyClaimants() {
        List<Appended> appended = race(600, i -> append(draft().route("r" + i % 3)));
        List<JobId> accepted =
                appended.stream().map(a -> ((Appended.Created) a).job().id()).toList();
        Map<String, Integer> room = Map.of("r0", 3, "r1", 2, "r2", 1);

        List<List<Job>> claimed = race(
                8,
                claimant -> Mono.defer(() -> journal().claim(JournalRig.demand(room), LEASE))
                        .expand(batch -> batch.jobs().isEmpty()
                                ? Mono.empty()
                                : journal().claim(JournalRig.demand(room), LEASE))
                        .concatMapIterable(Journal.Claimed::jobs)
                        .collectList());

        List<JobId> handedOut =
                claimed.stream().flatMap(List::stream).map(Job::id).toList();
        assertThat(handedOut).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(accepted);
        assertThat(backlog().waiting()).isZero();
        numbersHaveNoGap(handedOut);
    }
}
