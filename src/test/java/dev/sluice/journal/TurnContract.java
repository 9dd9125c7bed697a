package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Jobs whose {@link JobSpec#turn} differs are claimed in turns. */
interface TurnContract extends JournalRig {

    long BUSY = 0x5eed_0000_0000_0001L;
    long QUIET = Long.MIN_VALUE;
    long NONE = 0; // a turn as any other

    @Test
    default void aSingleJobIsDelayedByOneJobOfAnotherTurnAtMost() {
        acceptAll(1_000, i -> draft().turn(BUSY));
        JobId quiet = accept(draft().turn(QUIET)).id();
        assertThat(claim(ROUTE, 2)).extracting(Job::id).contains(quiet);

        claim(ROUTE, 5);
        JobId late = accept(draft().turn(NONE)).id();
        List<Job> next = new ArrayList<>(claim(ROUTE, 1));
        next.addAll(claim(ROUTE, 1));
        assertThat(next).extracting(Job::id).contains(late);
    }

    @Test
    default void turnsAreServedEvenlyHoweverMuchIsClaimedAtOnce() {
        Map<Long, List<JobId>> waiting = new HashMap<>();
        long[] turns = {BUSY, NONE, QUIET};
        for (int t = 0; t < turns.length; t++) {
            for (int i = 0; i < 15 * (t + 1); i++) {
                Job job = accept(draft().turn(turns[t]));
                waiting.computeIfAbsent(turns[t], turn -> new ArrayList<>()).add(job.id());
            }
        }
        int[] rooms = {1, 2, 5, 1, 7, 3, 16, 1, 4};
        Map<Long, Integer> served = new HashMap<>(Map.of(BUSY, 0, NONE, 0, QUIET, 0));
        for (int i = 0; !waiting.isEmpty(); i++) {
            List<Job> claimed = claim(ROUTE, rooms[i % rooms.length]);
            assertThat(claimed).isNotEmpty();
            for (Job job : claimed) {
                long turn = job.spec().turn();
                assertThat(job.id())
                        .as("in order within its turn")
                        .isEqualTo(waiting.get(turn).remove(0));
                served.merge(turn, 1, Integer::sum);
            }
            waiting.values().removeIf(List::isEmpty);
            served.keySet().retainAll(waiting.keySet());
            if (!served.isEmpty()) {
                assertThat(Collections.max(served.values()) - Collections.min(served.values()))
                        .as("of %s", served)
                        .isLessThanOrEqualTo(1);
            }
        }
        assertThat(backlog().of(ROUTE).depth()).isZero();
    }

    @Test
    default void urgencyAndAgeCountWithinATurnOnly() {
        JobId aged = accept(draft().turn(BUSY).urgency(5)).id();
        clock().advance(Duration.ofSeconds(61));
        JobId young = accept(draft().turn(BUSY).urgency(3)).id();
        JobId urgent = accept(draft().turn(BUSY).urgency(0)).id();
        JobId patient = accept(draft().turn(QUIET).urgency(7)).id();
        assertThat(claim(ROUTE, 2)).extracting(Job::id).containsExactlyInAnyOrder(urgent, patient);
        assertThat(claim(ROUTE, 1)).extracting(Job::id).containsExactly(aged);
        assertThat(claim(ROUTE, 1)).extracting(Job::id).containsExactly(young);
    }

    @Test
    default void aDelayedJobTakesItsTurnWhenItIsDue() {
        acceptAll(20, i -> draft().turn(BUSY));
        JobId delayed =
                accept(draft().turn(QUIET).dueIn(Duration.ofSeconds(10))).id();
        assertThat(claim(ROUTE, 4)).extracting(job -> job.spec().turn()).containsOnly(BUSY);
        clock().advance(Duration.ofSeconds(10));
        assertThat(claim(ROUTE, 2)).extracting(Job::id).contains(delayed);
    }

    @Test
    default void aRetriedJobKeepsItsTurn() {
        List<JobId> busy = inOrder(3, BUSY);
        List<JobId> quiet = inOrder(3, QUIET);
        List<Job> first = claim(ROUTE, 2);
        assertThat(first).extracting(Job::id).containsExactlyInAnyOrder(busy.get(0), quiet.get(0));
        Job failed = first.stream()
                .filter(job -> job.spec().turn() == BUSY)
                .findFirst()
                .orElseThrow();
        get(journal().record(failed, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));

        assertThat(claim(ROUTE, 2)).extracting(Job::id).containsExactlyInAnyOrder(failed.id(), quiet.get(1));
        assertThat(claim(ROUTE, 2)).extracting(Job::id).containsExactlyInAnyOrder(busy.get(1), quiet.get(2));
        assertThat(claim(ROUTE, 2)).extracting(Job::id).containsExactly(busy.get(2));
    }

    @Test
    default void turnsThatAreEmptyAgainAreSkipped() {
        List<JobId> jobs = acceptAll(40, i -> draft().turn(i % 20));
        Map<Long, Integer> left = new HashMap<>();
        for (Job job : findAll(jobs)) {
            if (job.spec().turn() >= 3) {
                get(journal().cancel(job.id()));
            } else {
                left.merge(job.spec().turn(), 1, Integer::sum);
            }
        }
        assertThat(left).isEqualTo(Map.of(0L, 2, 1L, 2, 2L, 2));
        assertThat(claim(ROUTE, 3)).extracting(job -> job.spec().turn()).containsExactlyInAnyOrder(0L, 1L, 2L);
        JobId back = accept(draft().turn(19)).id();
        assertThat(claim(ROUTE, 4)).extracting(job -> job.spec().turn()).containsExactlyInAnyOrder(0L, 1L, 2L, 19L);
        assertThat(find(back).attempt()).isEqualTo(1);
    }

    @Test
    default void everyOneOfManyTurnsIsServedOnceBeforeAnyIsServedAgain() {
        int turns = 300;
        acceptAll(2 * turns, i -> draft().turn(i % turns));
        List<Long> served = new ArrayList<>();
        while (served.size() < turns) {
            claim(ROUTE, Math.min(64, turns - served.size()))
                    .forEach(job -> served.add(job.spec().turn()));
        }
        assertThat(served).doesNotHaveDuplicates();
        assertThat(claim(ROUTE, 2 * turns)).hasSize(turns);
    }

    @Test
    default void turnsAreTakenUpToTheLimit() {
        acceptAll(20, i -> draft().turn(BUSY));
        acceptAll(20, i -> draft().turn(QUIET));
        Map<String, Journal.Demand> upToFour = Map.of(ROUTE, new Journal.Demand(9, 4));
        List<Job> running = claimed(upToFour, 4);
        assertThat(running).filteredOn(job -> job.spec().turn() == BUSY).hasSize(2);
        claimed(upToFour, 0);
        get(succeed(running.get(0), "done"));
        get(succeed(running.get(1), "done"));
        assertThat(claimed(upToFour, 2)).extracting(job -> job.spec().turn()).containsExactlyInAnyOrder(BUSY, QUIET);
    }

    @Test
    default void ofEachTurnAClaimStartsNoMoreThanItMay() {
        List<JobId> busy = inOrder(50, BUSY);
        List<JobId> quiet = inOrder(3, QUIET);
        List<JobId> none = inOrder(40, NONE);
        PerTurn most = new PerTurn(4, Map.of(NONE, 20, 7L, 9));
        Journal.Claimed first = get(journal().claim(Map.of(ROUTE, atMost(99, most)), LEASE));
        assertThat(ofTurn(first.jobs(), BUSY)).isEqualTo(busy.subList(0, 4));
        assertThat(ofTurn(first.jobs(), QUIET)).isEqualTo(quiet);
        assertThat(ofTurn(first.jobs(), NONE)).isEqualTo(none.subList(0, 20));
        assertThat(first.more())
                .as("to go on at once would start more than this")
                .isFalse();
        Backlog.RouteBacklog left = backlog().of(ROUTE);
        assertThat(left.depth()).isEqualTo(46 + 20);
        assertThat(left.delayed()).as("they count as due").isZero();
        assertThat(position(busy.get(4))).isBetween(1L, 2L);

        PerTurn others = new PerTurn(Integer.MAX_VALUE, Map.of(BUSY, 1, NONE, 0));
        assertThat(claimed(atMost(99, others))).extracting(Job::id).containsExactly(busy.get(4));
        assertThat(claimed(atMost(99, PerTurn.ANY))).hasSize(45 + 20);
    }

    @Test
    default void theRoomOfAClaimIsSharedByTurnsThatMayHaveSome() {
        inOrder(20, BUSY);
        inOrder(20, QUIET);
        List<Job> some = claimed(Map.of(ROUTE, atMost(9, new PerTurn(2, Map.of(QUIET, 5)))), 7);
        assertThat(ofTurn(some, QUIET)).hasSize(5);
        assertThat(claimed(Map.of(ROUTE, atMost(4, new PerTurn(3, Map.of()))), 4))
                .filteredOn(job -> job.spec().turn() == BUSY)
                .hasSize(2);
    }

    @Test
    default void newAndRetriedJobsOfATurnAreCountedTogether() {
        inOrder(6, BUSY);
        for (Job job : claim(ROUTE, 3)) {
            get(journal().record(job, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        }
        List<Job> claimed = claimed(Map.of(ROUTE, atMost(9, new PerTurn(4, Map.of()))), 4);
        assertThat(claimed).filteredOn(job -> job.attempt() == 2).hasSize(3);
        assertThat(claimed(atMost(9, new PerTurn(4, Map.of())))).hasSize(2);
    }

    private static List<JobId> ofTurn(List<Job> jobs, long turn) {
        return jobs.stream()
                .filter(job -> job.spec().turn() == turn)
                .map(Job::id)
                .toList();
    }

    private static Journal.Demand atMost(int room, PerTurn perTurn) {
        return new Journal.Demand(room, Integer.MAX_VALUE, Integer.MAX_VALUE, Set.of(), perTurn);
    }

    @Test
    default void turnsAreKeptOverAReopen() {
        acceptAll(30, i -> draft().turn(BUSY));
        JobId quiet = accept(draft().turn(QUIET)).id();
        reopen();
        assertThat(claim(ROUTE, 2)).extracting(Job::id).contains(quiet);
        assertThat(claim(ROUTE, 40)).hasSize(29);
    }

    @Test
    default void aPositionTakesTurnsIntoAccount() {
        List<JobId> busy = inOrder(15, BUSY);
        JobId quiet = accept(draft().turn(QUIET)).id();
        assertThat(position(quiet)).isBetween(1L, 2L);
        assertThat(position(busy.get(0))).isBetween(1L, 2L);
        assertThat(position(busy.get(14))).isEqualTo(16);
        assertThat(backlog().ahead(ROUTE, 3, BUSY)).isEqualTo(16);
        assertThat(backlog().ahead(ROUTE, 3, QUIET)).isEqualTo(3);
        assertThat(backlog().ahead(ROUTE, 3, NONE)).isEqualTo(2);
        assertThat(backlog().ahead(ROUTE, 2, BUSY)).isEqualTo(1);
        assertThat(backlog().ahead("unknown", 7, BUSY)).isZero();

        claim(ROUTE, 2);
        assertThat(position(quiet)).isZero();
        assertThat(position(busy.get(1))).isEqualTo(1);
        assertThat(position(busy.get(14))).isEqualTo(14);
    }

    @Test
    default void aQuietTurnIsServedAmongManyClaimantsOfABusyOne() {
        int claimants = 8;
        acceptAll(1_000, i -> draft().turn(BUSY));
        AtomicInteger claimed = new AtomicInteger();
        AtomicInteger accepted = new AtomicInteger(Integer.MAX_VALUE);
        AtomicInteger served = new AtomicInteger();
        Map<String, Journal.Demand> one = Map.of(ROUTE, Journal.Demand.of(1));

        Mono<Void> claim = Mono.defer(() -> journal().claim(one, LEASE))
                .doOnNext(batch -> {
                    int before = claimed.getAndAdd(batch.jobs().size());
                    if (batch.jobs().stream().anyMatch(job -> job.spec().turn() == QUIET)) {
                        served.set(before + 1);
                    }
                })
                .then();
        Mono<Void> quiet = Mono.defer(() -> append(draft().turn(QUIET)))
                .doOnNext(job -> accepted.set(claimed.get()))
                .then();
        race(
                claimants + 1,
                i -> i == 0
                        ? quiet
                        : claim.repeat(() -> served.get() == 0 && claimed.get() < 1_001)
                                .then());

        // Those that were claimed already but not yet counted, one of each claimant, and one turn of the busy one for
        // each.
        assertThat(served.get()).isPositive().isLessThanOrEqualTo(accepted.get() + 3 * claimants);
    }

    @Test
    default void inTurnsNoJobIsLostOrClaimedTwice() {
        List<JobId> accepted = acceptAll(400, i -> draft().turn(i % 2 == 0 ? 0 : i % 7));
        Map<String, Journal.Demand> some = Map.of(ROUTE, Journal.Demand.of(3));
        List<JobId> claimed = race(
                        8,
                        claimant -> Mono.defer(() -> journal().claim(some, LEASE))
                                .expand(batch -> batch.jobs().isEmpty()
                                        ? Mono.empty()
                                        : journal().claim(some, LEASE))
                                .concatMapIterable(Journal.Claimed::jobs)
                                .map(Job::id)
                                .collectList())
                .stream()
                .flatMap(List::stream)
                .toList();
        List<JobId> all = new ArrayList<>(claimed);
        claim(ROUTE, 400).forEach(job -> all.add(job.id())); // one that others were just looking at
        assertThat(all).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(accepted);
        assertThat(backlog().waiting()).isZero();
    }

    private List<JobId> inOrder(int many, long turn) {
        List<JobId> ids = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            ids.add(accept(draft().turn(turn)).id());
        }
        return ids;
    }
}
