package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** A demand can limit how many of the claimed jobs may have been called before. */
interface RetryCapContract extends JournalRig {

    @Test
    default void noMoreRetriedJobsAreClaimedThanDemanded() {
        List<JobId> retried = retried(8, i -> draft());
        List<JobId> fresh = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            fresh.add(accept().id());
        }
        List<Job> some = claimed(demand(6, 2));
        assertThat(some)
                .filteredOn(job -> job.attempt() > 1)
                .extracting(Job::id)
                .isEqualTo(retried.subList(0, 2));
        assertThat(some)
                .filteredOn(job -> job.attempt() == 1)
                .extracting(Job::id)
                .isEqualTo(fresh.subList(0, 4));

        assertThat(claimed(demand(3, 0))).extracting(Job::id).isEqualTo(fresh.subList(4, 7));
        assertThat(claimed(demand(2, 9))).extracting(Job::id).isEqualTo(retried.subList(2, 4));
        assertThat(claimed(demand(9, 1))).extracting(Job::id).containsExactly(retried.get(4), fresh.get(7));
        assertThat(claimed(demand(9, 0))).isEmpty();
        assertThat(claimed(demand(9, 2))).extracting(Job::id).isEqualTo(retried.subList(5, 7));
        assertThat(backlog().of(ROUTE).depth()).isEqualTo(1);
        assertThat(position(retried.get(7))).isEqualTo(1);
        assertThat(claimOne().id()).isEqualTo(retried.get(7));
    }

    @Test
    default void freshAndRetriedJobsComeInOneOrder() {
        JobId retried = retried(1, i -> draft()).get(0);
        JobId urgent = accept(draft().urgency(0)).id();
        JobId usual = accept().id();
        assertThat(position(retried)).isEqualTo(2);
        assertThat(position(usual)).isEqualTo(3);
        assertThat(claimed(demand(1, 1))).extracting(Job::id).containsExactly(urgent);
        assertThat(claimed(demand(2, 1))).extracting(Job::id).containsExactly(retried, usual);
    }

    @Test
    default void aTurnWithRetriedJobsOnlyHoldsUpNoFreshOne() {
        retried(60, i -> draft().turn(i % 20));
        accept(draft().turn(98));
        accept(draft().turn(99));
        assertThat(claimed(demand(9, 0))).extracting(job -> job.spec().turn()).containsExactlyInAnyOrder(98L, 99L);
        accept(draft().turn(98));
        List<Job> some = claimed(demand(9, 3));
        assertThat(some).hasSize(4);
        assertThat(some)
                .filteredOn(job -> job.attempt() == 1)
                .extracting(job -> job.spec().turn())
                .containsExactly(98L);
        assertThat(claimed(demand(99, 99))).hasSize(57);
    }

    @Test
    default void aTurnGivesAFreshJobWhereItsRetriedOnesMayNotBeClaimed() {
        retried(5, i -> draft().turn(1));
        accept(draft().turn(1));
        accept(draft().turn(2));
        accept(draft().turn(2));
        assertThat(claimed(demand(2, 0))).extracting(job -> job.spec().turn()).containsExactlyInAnyOrder(1L, 2L);
        assertThat(claimed(demand(2, 1))).extracting(Job::attempt).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    default void theCapHoldsForManyClaimantsAndNothingIsLeftOver() {
        Set<JobId> accepted = new HashSet<>(retried(60, i -> draft()));
        accepted.addAll(acceptAll(200, i -> draft().turn(i % 3)));
        Map<String, Journal.Demand> some = Map.of(ROUTE, demand(4, 1));
        List<Journal.Claimed> batches = race(
                        8,
                        claimant -> Mono.defer(() -> journal().claim(some, LEASE))
                                .expand(batch -> batch.jobs().isEmpty()
                                        ? Mono.empty()
                                        : journal().claim(some, LEASE))
                                .collectList())
                .stream()
                .flatMap(List::stream)
                .toList();
        assertThat(batches)
                .allSatisfy(batch -> assertThat(batch.jobs())
                        .filteredOn(job -> job.attempt() > 1)
                        .hasSizeLessThanOrEqualTo(1));
        List<JobId> claimed = new ArrayList<>();
        batches.forEach(batch -> batch.jobs().forEach(job -> claimed.add(job.id())));
        claimed(demand(999, 999)).forEach(job -> claimed.add(job.id())); // one that others were just looking at
        assertThat(claimed).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(accepted);
    }

    /** Jobs that were tried once and are due again, in the order of acceptance. */
    private List<JobId> retried(int many, IntFunction<Draft> draft) {
        for (int i = 0; i < many; i++) {
            accept(draft.apply(i));
        }
        List<Job> running = claim(ROUTE, many);
        assertThat(running).hasSize(many);
        for (Job job : running) {
            get(journal().record(job, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        }
        return running.stream().map(Job::id).toList();
    }

    private static Journal.Demand demand(int room, int retries) {
        return new Journal.Demand(room, Integer.MAX_VALUE, retries, Set.of());
    }
}
