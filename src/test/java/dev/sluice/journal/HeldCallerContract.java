package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A demand can name callers whose jobs are passed over. */
interface HeldCallerContract extends JournalRig {

    long HELD = 0x7e1d_0000_0000_0001L;
    long OTHER = -5;
    long NOBODY = 0; // those that name nobody are one caller

    @Test
    default void jobsOfAHeldCallerArePassedOver() {
        List<JobId> held = List.of(accept(HELD), accept(HELD));
        JobId other = accept(OTHER);
        JobId nobody = accept(NOBODY);
        assertThat(claimed(demand(1, HELD))).extracting(Job::id).containsExactly(other);
        assertThat(claimed(demand(9, HELD, OTHER, NOBODY))).isEmpty();
        assertThat(claimed(demand(9, HELD, OTHER))).extracting(Job::id).containsExactly(nobody);
        assertThat(findAll(held)).extracting(Job::state).containsOnly(JobState.QUEUED);

        JobId later = accept(HELD);
        assertThat(claimed(demand(9))).extracting(Job::id).containsExactly(held.get(0), held.get(1), later);
    }

    @Test
    default void otherCallersAreFoundBehindManyJobsOfAHeldOne() {
        int many = 2_500;
        acceptAll(many, i -> draft().caller(HELD));
        JobId other = accept(OTHER);
        assertThat(claimed(demand(1, HELD))).extracting(Job::id).containsExactly(other);
        assertThat(claimed(demand(1, HELD))).isEmpty();
        Backlog.RouteBacklog backlog = backlog().of(ROUTE);
        assertThat(backlog.depth()).isEqualTo(many);
        assertThat(backlog.delayed()).isEqualTo(many);
        assertThat(backlog.oldest()).isNull();
        assertThat(backlog().ahead(ROUTE, 7)).isZero();

        JobId next = accept(OTHER);
        assertThat(get(journal().claim(Map.of(ROUTE, demand(1, HELD)), LEASE)).jobs())
                .as("with one claim, now that those in front are set aside")
                .extracting(Job::id)
                .containsExactly(next);
        assertThat(claimed(demand(many))).hasSize(many);
    }

    @Test
    default void jobsThatAreSetAsideCanBeCancelledAndMissTheirDeadline() {
        JobId first = accept(HELD);
        JobId overdue =
                accept(draft().caller(HELD).deadlineIn(Duration.ofSeconds(20))).id();
        JobId last = accept(HELD);
        assertThat(claimed(demand(9, HELD))).isEmpty();
        assertThat(position(last)).isZero();

        assertThat(get(journal().cancel(first)).state()).isEqualTo(JobState.CANCELLED);
        clock().advance(Duration.ofSeconds(20));
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
        assertThat(find(overdue).state()).isEqualTo(JobState.FAILED);
        assertThat(backlog().of(ROUTE)).isEqualTo(new Backlog.RouteBacklog(1, 1, 0, null));
        assertThat(get(journal().list(JobFilter.ALL, 9, null)).jobs())
                .filteredOn(job -> job.state() == JobState.QUEUED)
                .extracting(Job::id)
                .containsExactly(last);
        assertThat(claimed(demand(9))).extracting(Job::id).containsExactly(last);
        assertThat(backlog().of(ROUTE)).isEqualTo(new Backlog.RouteBacklog(0, 0, 1, null));
    }

    @Test
    default void releasedJobsTakeTheirPlaceAgain() {
        JobId first = accept(HELD);
        JobId second = accept(OTHER);
        JobId third = accept(HELD);
        assertThat(claimed(demand(1, HELD, OTHER))).isEmpty();
        assertThat(claimed(demand(1, OTHER))).extracting(Job::id).containsExactly(first);
        assertThat(claimed(demand(9))).extracting(Job::id).containsExactly(second, third);
    }

    @Test
    default void delayedAndRetriedJobsOfAHeldCallerAreHeld() {
        accept(HELD);
        Job running = claimOne();
        JobId delayed =
                accept(draft().caller(HELD).dueIn(Duration.ofSeconds(5))).id();
        get(journal().record(running, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        clock().advance(Duration.ofSeconds(5));
        assertThat(claimed(demand(9, HELD))).isEmpty();
        assertThat(claimed(demand(9))).extracting(Job::id).containsExactly(running.id(), delayed);
    }

    @Test
    default void aHoldDoesNotOutlastAReopen() {
        JobId held = accept(HELD);
        assertThat(claimed(demand(9, HELD))).isEmpty();
        reopen();
        assertThat(claimOne().id()).isEqualTo(held);
    }

    @Test
    default void aHeldCallerTakesNoTurn() {
        acceptAll(40, i -> draft().turn(1).caller(HELD));
        JobId same = accept(draft().turn(1).caller(OTHER)).id();
        acceptAll(3, i -> draft().turn(2).caller(OTHER));
        assertThat(claimed(demand(2, HELD)))
                .extracting(job -> job.spec().turn())
                .containsExactlyInAnyOrder(1L, 2L);
        assertThat(find(same).state()).isEqualTo(JobState.RUNNING);
        assertThat(claimed(demand(1, HELD)))
                .extracting(job -> job.spec().turn())
                .containsExactly(2L);
        assertThat(claimed(demand(2))).extracting(job -> job.spec().turn()).containsExactlyInAnyOrder(1L, 2L);
        assertThat(claimed(demand(99))).hasSize(39);
    }

    @Test
    default void aHeldTurnIsPassedOverAndItsJobsStayDue() {
        List<JobId> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(accept(draft().turn(1).caller(HELD)).id());
        }
        acceptAll(37, i -> draft().turn(1).caller(HELD));
        JobId other = accept(draft().turn(2).caller(HELD)).id();
        assertThat(claimed(holding(9, 1))).extracting(Job::id).containsExactly(other);
        assertThat(claimed(holding(9, 1, 2))).isEmpty();
        assertThat(backlog().of(ROUTE).depth()).isEqualTo(40);
        assertThat(backlog().of(ROUTE).delayed()).isZero();

        assertThat(get(journal().cancel(held.get(0))).state()).isEqualTo(JobState.CANCELLED);
        JobId late = accept(draft().turn(1)).id();
        JobId next = accept(draft().turn(2)).id();
        assertThat(claimed(holding(9, 1))).extracting(Job::id).containsExactly(next);
        List<Job> released = claimed(demand(99));
        assertThat(released)
                .hasSize(40)
                .extracting(Job::id)
                .startsWith(held.get(1), held.get(2))
                .endsWith(late);
    }

    @Test
    default void aHeldTurnOfOneRouteHoldsUpNoOther() {
        accept(draft().turn(1));
        accept(draft().route("another").turn(1));
        assertThat(claimed(Map.of(ROUTE, holding(9, 1), "another", demand(9)), 1))
                .extracting(Job::route)
                .containsExactly("another");
    }

    @Test
    default void turnsThatAreHeldNowAndThenAreServedInTheEnd() {
        List<JobId> accepted = acceptAll(90, i -> draft().turn(i % 3).caller(i % 2));
        List<JobId> claimed = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            List<Job> some = claimed(i % 4 == 3 ? demand(2, i % 2) : holding(4, i % 3, (i + 1) % 3));
            assertThat(some).isNotEmpty();
            some.forEach(job -> claimed.add(job.id()));
        }
        claimed(demand(99)).forEach(job -> claimed.add(job.id()));
        assertThat(claimed).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(accepted);
    }

    @Test
    default void aHoldOfOneRouteHoldsUpNoOther() {
        accept(HELD);
        accept(draft().route("another").caller(HELD));
        Map<String, Journal.Demand> both = Map.of(ROUTE, demand(9, HELD), "another", demand(9));
        assertThat(claimed(both, 1)).extracting(Job::route).containsExactly("another");
    }

    @Test
    default void nothingIsLostWhileCallersAreHeldAndReleasedAndJobsCancelled() {
        int jobs = 600;
        List<JobId> accepted = acceptAll(jobs, i -> draft().caller(i % 3).turn(i % 2));
        List<Journal.Demand> demands =
                List.of(demand(2, 0, 1), demand(2, 1), demand(2, 2), demand(2, 0, 1, 2), demand(2, 1, 2), demand(2));
        AtomicInteger round = new AtomicInteger();
        Mono<List<JobId>> claims = Mono.defer(() ->
                        journal().claim(Map.of(ROUTE, demands.get(round.getAndIncrement() % demands.size())), LEASE))
                .repeat(39)
                .concatMapIterable(Journal.Claimed::jobs)
                .map(Job::id)
                .collectList();
        Mono<List<JobId>> cancels = Flux.range(0, 100)
                .concatMap(i -> journal().cancel(accepted.get(6 * i)))
                .filter(job -> job.attempt() == 0)
                .map(Job::id)
                .collectList();
        List<JobId> ended = new ArrayList<>();
        race(6, i -> i == 0 ? cancels : claims).forEach(ended::addAll);
        claimed(demand(jobs)).forEach(job -> ended.add(job.id()));

        assertThat(ended).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(accepted);
        assertThat(backlog().of(ROUTE).depth()).isZero();
        assertThat(backlog().of(ROUTE).delayed()).isZero();
        assertThat(new HashSet<>(findAll(ended)))
                .extracting(Job::state)
                .containsOnly(JobState.RUNNING, JobState.CANCELLED);
    }

    private JobId accept(long caller) {
        return accept(draft().caller(caller)).id();
    }

    private static Journal.Demand demand(int room, long... held) {
        Set<Long> callers = new HashSet<>();
        for (long caller : held) {
            callers.add(caller);
        }
        return new Journal.Demand(room, Integer.MAX_VALUE, Integer.MAX_VALUE, callers);
    }

    private static Journal.Demand holding(int room, long... turns) {
        Set<Long> held = new HashSet<>();
        for (long turn : turns) {
            held.add(turn);
        }
        return new Journal.Demand(room, Integer.MAX_VALUE, Integer.MAX_VALUE, Set.of(), PerTurn.noneOf(held));
    }
}
