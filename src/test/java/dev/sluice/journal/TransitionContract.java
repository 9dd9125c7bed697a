package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.sluice.job.Headers;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.ResultInfo;
import dev.sluice.job.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** One legal move is one event; what is not legal changes nothing. */
interface TransitionContract extends JournalRig {

    @Test
    default void aSuccessfulAnswerEndsTheJob() {
        accept();
        Job running = claimOne();
        clock().advance(Duration.ofSeconds(3));
        Job done = get(succeed(running, "the answer"));

        assertThat(done.state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(done.finishedAt()).isEqualTo(clock().instant());
        assertThat(done.startedAt()).isEqualTo(running.startedAt());
        assertThat(done.failure()).isNull();
        assertThat(done.result()).isEqualTo(new ResultInfo(200, "text/plain", 10));
        assertThat(done.expiresAt())
                .isEqualTo(clock().instant().plus(done.spec().keep()));
        assertThat(find(done.id())).isEqualTo(done);
        assertThat(history(done.id())).endsWith(new JobEvent.Finished(done));
        assertThat(names(done.id())).containsExactly("accepted", "started", "succeeded");
    }

    @Test
    default void anAnswerThatMeansFailureEndsTheJobAndIsKept() {
        accept();
        Ending ending = new Ending(new JobResult(500, Headers.of("Retry-After", "7")), FAILURE);
        Job failed = get(finish(claimOne(), ending, Flux.just("no luck".getBytes(StandardCharsets.UTF_8))));

        assertThat(failed.state()).isEqualTo(JobState.FAILED);
        assertThat(failed.failure()).isEqualTo(FAILURE);
        assertThat(failed.result()).isEqualTo(new ResultInfo(500, null, 7));
        StoredResult result = get(journal().result(failed.id()));
        assertThat(result.head()).isEqualTo(ending.result());
        assertThat(JournalRig.text(result.body())).isEqualTo("no luck");
        assertThat(history(failed.id())).endsWith(new JobEvent.Finished(failed));
    }

    @Test
    default void aFailureWithoutAnAnswerEndsTheJob() {
        accept();
        Job failed = get(journal().record(claimOne(), new Transition.Fail(FAILURE, null)));
        assertThat(failed.state()).isEqualTo(JobState.FAILED);
        assertThat(failed.failure()).isEqualTo(FAILURE);
        assertThat(failed.result()).isNull();
        assertThat(get(journal().result(failed.id()))).isNull();
        assertThat(find(failed.id())).isEqualTo(failed);
        assertThat(backlog().routes()).isEmpty();
    }

    @Test
    default void aRetryGoesBackToTheQueue() {
        accept();
        Job running = claimOne();
        Instant again = clock().instant().plusSeconds(5);
        Job queued = get(journal().record(running, new Transition.Requeue(RequeueReason.RETRY, again, FAILURE)));

        assertThat(queued.state()).isEqualTo(JobState.QUEUED);
        assertThat(queued.attempt()).isEqualTo(1);
        assertThat(queued.failure()).isEqualTo(FAILURE);
        assertThat(find(queued.id())).isEqualTo(queued);
        assertThat(history(queued.id()))
                .endsWith(new JobEvent.Requeued(
                        queued.id(), ROUTE, 3, clock().instant(), RequeueReason.RETRY, again, FAILURE));
        assertThat(backlog().of(ROUTE).delayed()).isEqualTo(1);
        assertThat(backlog().of(ROUTE).running()).isZero();
    }

    @Test
    default void aJobThatIsGivenUpAsLostGoesBackToTheQueueAtOnce() {
        accept(draft().attempts(2));
        Job lost = get(journal().record(claimOne(), new Transition.Lose()));
        assertThat(lost.state()).isEqualTo(JobState.QUEUED);
        Job last = claimOne();
        assertThat(last.attempt()).isEqualTo(2);
        Job failed = get(journal().record(last, new Transition.Lose()));
        assertThat(failed.state()).isEqualTo(JobState.FAILED);
        numbersHaveNoGap(failed.id());
    }

    @Test
    default void aQueuedJobIsCancelled() {
        Job queued = accept();
        Job cancelled = get(journal().cancel(queued.id()));
        assertThat(cancelled.state()).isEqualTo(JobState.CANCELLED);
        assertThat(cancelled.finishedAt()).isEqualTo(clock().instant());
        assertThat(find(queued.id())).isEqualTo(cancelled);
        assertThat(names(queued.id())).containsExactly("accepted", "cancelled");
        assertThat(claim(ROUTE, 1)).isEmpty();
        assertThat(backlog().waiting()).isZero();
    }

    @Test
    default void aRunningJobIsCancelledWhoeverRunsIt() {
        accept();
        Job running = claimOne();
        Job cancelled = get(journal().cancel(running.id()));
        assertThat(cancelled.state()).isEqualTo(JobState.CANCELLED);
        assertThat(names(running.id())).containsExactly("accepted", "started", "cancelled");
        assertStale(succeed(running, "too late"));
        assertThat(get(journal().result(running.id()))).isNull();
        assertThat(find(running.id())).isEqualTo(cancelled);
        assertThat(backlog().routes()).isEmpty();
    }

    @Test
    default void aFinishedJobIsNeverCancelled() {
        Job done = finished(draft());
        assertThatThrownBy(() -> get(journal().cancel(done.id())))
                .asInstanceOf(type(IllegalTransitionException.class))
                .satisfies(e -> assertThat(e.job()).isEqualTo(done));
        assertThat(find(done.id())).isEqualTo(done);
        numbersHaveNoGap(done.id());
    }

    @Test
    default void aFinishedJobMovesNoMore() {
        accept();
        Job running = claimOne();
        Job done = get(succeed(running, "first"));
        Instant now = clock().instant();
        for (Transition move : List.of(
                new Transition.Start(),
                new Transition.Requeue(RequeueReason.RETRY, now, FAILURE),
                new Transition.Lose(),
                new Transition.Fail(FAILURE, null),
                new Transition.Cancel())) {
            assertStale(journal().record(running, move));
        }
        assertStale(succeed(running, "second"));
        assertThat(find(done.id())).isEqualTo(done);
        assertThat(JournalRig.text(get(journal().result(done.id())).body())).isEqualTo("first");
        numbersHaveNoGap(done.id());
    }

    @Test
    default void aJobThatWentBackToTheQueueIsNoLongerHeld() {
        accept();
        Job running = claimOne();
        Instant now = clock().instant();
        get(journal().record(running, new Transition.Requeue(RequeueReason.RETRY, now, FAILURE)));
        assertStale(journal().record(running, new Transition.Requeue(RequeueReason.RETRY, now, FAILURE)));
        assertStale(succeed(running, "too late"));
        assertThat(names(running.id())).containsExactly("accepted", "started", "requeued");
    }

    @Test
    default void aRunningJobIsNotStartedAgain() {
        accept();
        Job running = claimOne();
        assertFails(() -> get(journal().record(running, new Transition.Start())), IllegalTransitionException.class);
        assertThat(find(running.id())).isEqualTo(running);
        assertThat(get(succeed(running, "done")).state()).isEqualTo(JobState.SUCCEEDED);
    }

    @Test
    default void aMoveThatSpeaksOfAnAnswerNeedsTheAnswer() {
        accept();
        Job running = claimOne();
        ResultInfo answer = new ResultInfo(200, null, 5);
        assertFails(
                () -> get(journal().record(running, new Transition.Succeed(answer))), IllegalArgumentException.class);
        assertFails(
                () -> get(journal().record(running, new Transition.Fail(FAILURE, answer))),
                IllegalArgumentException.class);
        assertThat(find(running.id())).isEqualTo(running);
    }

    @Test
    default void whoNeverClaimedAJobCannotMoveIt() {
        Job queued = accept();
        assertStale(succeed(queued, "out of turn"));
        assertStale(journal().record(queued, new Transition.Fail(FAILURE, null)));
        assertThat(find(queued.id())).isEqualTo(queued);
        assertThat(claimOne().id()).isEqualTo(queued.id());
    }

    @Test
    default void cancelAgainstFinishHasOneWinner() {
        for (int round = 0; round < 100; round++) {
            accept();
            Job running = claimOne();
            List<Boolean> won = race(
                    4,
                    i -> i % 2 == 0
                            ? succeed(running, "done " + i)
                                    .thenReturn(true)
                                    .onErrorReturn(StaleClaimException.class, false)
                            : journal()
                                    .cancel(running.id())
                                    .thenReturn(true)
                                    .onErrorReturn(IllegalTransitionException.class, false));

            assertThat(won).containsOnlyOnce(true);
            List<JobEvent> events = history(running.id());
            Job end = find(running.id());
            assertThat(events).hasSize(3).endsWith(new JobEvent.Finished(end));
            StoredResult result = get(journal().result(running.id()));
            assertThat(result != null).isEqualTo(end.state() == JobState.SUCCEEDED);
            assertThat(backlog().routes()).isEmpty();
        }
    }

    @Test
    default void cancelAgainstClaimLeavesNothingRunning() {
        for (int round = 0; round < 50; round++) {
            Job queued = accept();
            race(
                    2,
                    i -> i == 0
                            ? journal().cancel(queued.id()).then()
                            : journal()
                                    .claim(Map.of(ROUTE, Journal.Demand.of(1)), LEASE)
                                    .then());
            assertThat(find(queued.id()).state()).isEqualTo(JobState.CANCELLED);
            numbersHaveNoGap(queued.id());
            assertThat(backlog().routes()).isEmpty();
        }
    }
}
