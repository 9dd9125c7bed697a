package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Backlog.RouteBacklog;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Jobs that are not finished by their deadline fail, wherever they are. */
interface DeadlineContract extends JournalRig {

    @Test
    default void aQueuedJobFailsAtItsDeadlineAndNotBefore() {
        Job job = accept(draft().deadlineIn(Duration.ofSeconds(90)));
        assertThat(job.spec().deadline()).isEqualTo(job.spec().acceptedAt().plusSeconds(90));
        clock().advance(Duration.ofMillis(89_999));
        assertThat(get(journal().failOverdue())).isEqualTo(job.spec().deadline());
        assertThat(find(job.id())).isEqualTo(job);

        clock().advance(Duration.ofMillis(1));
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
        assertMissed(job.id());
        assertThat(names(job.id())).containsExactly("accepted", "failed");
        assertThat(backlog().of(ROUTE)).isEqualTo(RouteBacklog.EMPTY);
        assertThat(claim(ROUTE, 9)).isEmpty();
    }

    @Test
    default void aRunningJobFailsAndItsHolderHasLostIt() {
        Job job = accept(draft().deadlineIn(Duration.ofSeconds(20)));
        Job running = claimOne();
        Mono<JobEvent> told =
                journal().tail(event -> event.job().equals(job.id())).next().cache();
        told.subscribe();
        clock().advance(Duration.ofSeconds(20));
        get(journal().failOverdue());

        assertMissed(job.id());
        assertThat(names(job.id())).containsExactly("accepted", "started", "failed");
        assertStale(succeed(running, "too late"));
        assertStale(journal().record(running, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        assertThat(get(journal().renew(List.of(running), LEASE))).containsExactly(job.id());
        assertThat(get(journal().result(job.id()))).isNull();
        assertThat(backlog().of(ROUTE)).isEqualTo(RouteBacklog.EMPTY);
        assertThat(get(told)).isEqualTo(new JobEvent.Finished(find(job.id())));
        assertThat(get(told).route()).isEqualTo(ROUTE);
    }

    @Test
    default void aDelayedJobAndOneToBeRetriedFailToo() {
        Job delayed = accept(draft().dueIn(Duration.ofHours(1)).deadlineIn(Duration.ofSeconds(5)));
        Job retried = accept(draft().deadlineIn(Duration.ofSeconds(6)));
        Instant later = clock().instant().plusSeconds(60);
        get(journal().record(claimOne(), new Transition.Requeue(RequeueReason.RETRY, later, FAILURE)));
        clock().advance(Duration.ofSeconds(5));
        assertThat(get(journal().failOverdue())).isEqualTo(retried.spec().deadline());
        assertMissed(delayed.id());
        clock().advance(Duration.ofSeconds(1));
        get(journal().failOverdue());
        assertMissed(retried.id());
        assertThat(backlog().waiting()).isZero();
    }

    @Test
    default void anOverdueJobIsNotStarted() {
        List<JobId> overdue = acceptAtOnce(600, i -> draft().deadlineIn(Duration.ofSeconds(i % 2)));
        Job without = accept();
        clock().advance(Duration.ofSeconds(1));
        assertThat(claim(ROUTE, 1_000)).extracting(Job::id).containsExactly(without.id());
        assertMissed(overdue);
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
    }

    @Test
    default void anOverdueJobIsNotStartedByOneOfManyClaimsEither() {
        acceptAtOnce(1_500, i -> draft().deadlineIn(Duration.ofSeconds(1)));
        clock().advance(Duration.ofSeconds(1));
        List<Journal.Claimed> claimed = race(8, i -> journal().claim(Map.of(ROUTE, Journal.Demand.of(100)), LEASE));
        assertThat(claimed).allSatisfy(claim -> assertThat(claim.jobs()).isEmpty());
        assertThat(backlog().of(ROUTE)).isEqualTo(RouteBacklog.EMPTY);
    }

    @Test
    default void whatIsFinishedInTimeKeepsItsEnd() {
        Job done = finished(draft().deadlineIn(Duration.ofSeconds(5)));
        Job cancelled = accept(draft().deadlineIn(Duration.ofSeconds(5)));
        cancelled = get(journal().cancel(cancelled.id()));
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
        clock().advance(Duration.ofSeconds(5));
        get(journal().failOverdue());
        assertThat(find(done.id())).isEqualTo(done);
        assertThat(find(cancelled.id())).isEqualTo(cancelled);
    }

    @Test
    default void manyFailAtOnceAndTheRestIsLeft() {
        List<JobId> overdue = acceptAtOnce(1_200, i -> draft().deadlineIn(Duration.ofMillis(i % 7)));
        Job later = accept(draft().deadlineIn(Duration.ofMinutes(1)));
        clock().advance(Duration.ofSeconds(1));
        List<Instant> next = race(3, i -> journal().failOverdue());
        assertThat(next).containsOnly(later.spec().deadline());
        assertMissed(overdue);
        assertThat(find(later.id())).isEqualTo(later);
    }

    @Test
    default void theEndHasOneWinnerAtTheDeadline() {
        for (int i = 0; i < 50; i++) {
            Job job = accept(draft().deadlineIn(Duration.ofSeconds(1)));
            Job running = claimOne();
            clock().advance(Duration.ofSeconds(1));
            List<String> outcomes = race(
                    2,
                    n -> n == 0
                            ? succeed(running, "done")
                                    .map(Job::state)
                                    .map(JobState::text)
                                    .onErrorReturn("stale")
                            : journal().failOverdue().thenReturn("looked"));
            Job end = find(job.id());
            assertThat(outcomes).contains(end.state() == JobState.SUCCEEDED ? "succeeded" : "stale");
            assertThat(names(job.id())).hasSize(3);
        }
    }

    @Test
    default void deadlinesHoldAcrossAReopen() {
        Job queued = accept(draft().deadlineIn(Duration.ofSeconds(30)).redriveOf(new JobId(3, 4)));
        Job running = accept(draft().deadlineIn(Duration.ofSeconds(40)));
        assertThat(claim(ROUTE, 1)).extracting(Job::id).containsExactly(queued.id());
        Job done = accept(draft().deadlineIn(Duration.ofSeconds(5)));
        get(journal().cancel(done.id()));
        reopen();
        assertThat(find(queued.id()).spec().redriveOf()).isEqualTo(new JobId(3, 4));
        assertThat(get(journal().failOverdue())).isEqualTo(queued.spec().deadline());
        clock().advance(Duration.ofSeconds(40));
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
        assertMissed(queued.id());
        assertMissed(running.id());
        assertThat(find(done.id()).state()).isEqualTo(JobState.CANCELLED);
        killAndReopen();
        assertMissed(queued.id());
    }

    private List<JobId> acceptAtOnce(int many, IntFunction<Draft> draft) {
        return race(many, i -> append(draft.apply(i))).stream()
                .map(appended -> ((Appended.Created) appended).job().id())
                .toList();
    }

    private void assertMissed(JobId id) {
        assertMissed(List.of(id));
    }

    private void assertMissed(List<JobId> ids) {
        assertThat(findAll(ids)).hasSameSizeAs(ids).allSatisfy(failed -> {
            assertThat(failed.state()).isEqualTo(JobState.FAILED);
            assertThat(failed.failure().problem()).isEqualTo(Problem.DEADLINE_EXCEEDED);
        });
        numbersHaveNoGap(ids);
    }
}
