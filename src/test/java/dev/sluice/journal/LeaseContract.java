package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Claims hold as long as they are renewed. */
interface LeaseContract extends JournalRig {

    @Test
    default void aJobWhoseLeaseRanOutIsClaimedAgainAndThatCountsAsATry() {
        accept();
        Job first = claimOne();
        clock().advance(LEASE.minusMillis(1));
        assertThat(claim(ROUTE, 1)).isEmpty();
        clock().advance(Duration.ofMillis(2));

        Job second = claimOne();
        assertThat(second.id()).isEqualTo(first.id());
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(second.fence()).isGreaterThan(first.fence());
        assertThat(names(first.id())).containsExactly("accepted", "started", "requeued", "started");
        JobEvent.Requeued lost = (JobEvent.Requeued) history(first.id()).get(2);
        assertThat(lost.reason()).isEqualTo(RequeueReason.NODE_LOST);
        assertThat(backlog().of(ROUTE).running()).isEqualTo(1);

        assertStale(succeed(first, "too late"));
        assertStale(journal().record(first, new Transition.Fail(FAILURE, null)));
        assertThat(get(succeed(second, "in time")).attempt()).isEqualTo(2);
        assertThat(JournalRig.text(get(journal().result(first.id())).body())).isEqualTo("in time");
        numbersHaveNoGap(first.id());
    }

    @Test
    default void whenTheLastTryIsLostTheOutcomeIsUnknown() {
        accept(draft().attempts(1));
        Job only = claimOne();
        clock().advance(LEASE.plusMillis(1));
        assertThat(claim(ROUTE, 1)).isEmpty();

        Job failed = find(only.id());
        assertThat(failed.state()).isEqualTo(JobState.FAILED);
        assertThat(failed.failure().problem()).isEqualTo(Problem.OUTCOME_UNKNOWN);
        assertThat(names(only.id())).containsExactly("accepted", "started", "failed");
        assertThat(backlog().routes()).isEmpty();
        assertStale(succeed(only, "too late"));
    }

    @Test
    default void aLeaseThatRanOutIsStaleEvenBeforeSomebodyElseClaims() {
        accept();
        Job late = claimOne();
        clock().advance(LEASE.plusMillis(1));
        assertStale(journal().record(late, new Transition.Fail(FAILURE, null)));
        assertStale(succeed(late, "too late"));
        assertThat(get(journal().renew(List.of(late), LEASE))).containsExactly(late.id());
        assertThat(get(journal().result(late.id()))).isNull();

        assertThat(claimOne().attempt()).isEqualTo(2);
        numbersHaveNoGap(late.id());
    }

    @Test
    default void aLeaseThatRunsOutWhileTheAnswerComesInIsStale() {
        accept();
        Job late = claimOne();
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        Mono<Job> finish = finish(late, new Ending(new JobResult(200, Headers.NONE), null), body.asFlux())
                .cache();
        finish.subscribe(job -> {}, error -> {});
        body.tryEmitNext(new byte[10]).orThrow();
        clock().advance(LEASE.plusMillis(1));
        body.tryEmitComplete().orThrow();
        assertStale(finish);
        assertThat(get(journal().result(late.id()))).isNull();
        assertThat(claimOne().id()).isEqualTo(late.id());
    }

    @Test
    default void aRenewedClaimHolds() {
        accept();
        Job held = claimOne();
        for (int i = 0; i < 3; i++) {
            clock().advance(LEASE.minusSeconds(1));
            assertThat(get(journal().renew(List.of(held), LEASE))).isEmpty();
        }
        clock().advance(LEASE.minusSeconds(1));
        assertThat(claim(ROUTE, 1)).isEmpty();
        assertThat(get(succeed(held, "done")).attempt()).isEqualTo(1);
        assertThat(names(held.id())).containsExactly("accepted", "started", "succeeded");
    }

    @Test
    default void aRenewalMayAlsoShortenALease() {
        accept();
        Job held = claimOne();
        assertThat(get(journal().renew(List.of(held), Duration.ofSeconds(1)))).isEmpty();
        clock().advance(Duration.ofMillis(1_001));
        assertThat(claimOne().attempt()).isEqualTo(2);
    }

    @Test
    default void aRenewalNamesWhatIsNoLongerHeld() {
        for (int i = 0; i < 4; i++) {
            accept();
        }
        List<Job> held = claim(ROUTE, 4);
        get(journal().cancel(held.get(0).id()));
        get(succeed(held.get(1), "done"));
        get(journal().record(held.get(2), new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        Job again = claimOne();
        assertThat(again.id()).isEqualTo(held.get(2).id());

        List<JobId> lost = get(journal().renew(held, LEASE));
        assertThat(lost)
                .containsExactlyInAnyOrder(
                        held.get(0).id(), held.get(1).id(), held.get(2).id());
        assertThat(get(journal().renew(List.of(), LEASE))).isEmpty();
        assertThat(get(journal().renew(List.of(again, held.get(3)), LEASE))).isEmpty();
    }

    @Test
    default void anOrderlyStopIsNoTry() {
        accept(draft().attempts(1));
        Job first = claimOne();
        Job stopped = get(
                journal().record(first, new Transition.Requeue(RequeueReason.NODE_STOPPED, clock().instant(), null)));
        assertThat(stopped.attempt()).isZero();
        assertThat(stopped.state()).isEqualTo(JobState.QUEUED);
        Job second = claimOne();
        assertThat(second.attempt()).isEqualTo(1);
        assertThat(get(succeed(second, "done")).state()).isEqualTo(JobState.SUCCEEDED);
        numbersHaveNoGap(first.id());
    }
}
