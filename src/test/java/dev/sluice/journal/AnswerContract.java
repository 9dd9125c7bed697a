package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** An answer is taken in under a claim first and ends its job then; what ends no job goes with the claim. */
interface AnswerContract extends JournalRig {

    int ANSWER = 5; // pieces
    Ending OK = new Ending(new JobResult(200, Headers.of("Content-Type", "text/plain")), null);

    @Test
    default void anAnswerIsNobodysResultBeforeItEndsTheJob() {
        accept();
        Job running = claimOne();
        ReceivedBody received = get(journal().receive(running, answer()));
        assertThat(received.size()).isEqualTo((long) ANSWER * BodyContract.PIECE);
        assertThat(find(running.id())).isEqualTo(running);
        assertThat(get(journal().result(running.id()))).isNull();

        Job ended = get(journal().finish(running, OK, received));
        assertThat(ended.state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(ended.result().size()).isEqualTo(received.size());
        assertThat(JournalRig.gathered(get(journal().result(running.id())).body()))
                .isEqualTo(JournalRig.gathered(answer()));
        numbersHaveNoGap(running.id());
    }

    @Test
    default void aSmallAnswerIsReceivedTheSameWay() {
        accept();
        Job running = claimOne();
        ReceivedBody received = get(journal().receive(running, Flux.just(new byte[] {1, 2}, new byte[] {3})));
        assertThat(received.size()).isEqualTo(3);
        get(journal().finish(running, OK, received));
        assertThat(JournalRig.gathered(get(journal().result(running.id())).body()))
                .containsExactly(1, 2, 3);
    }

    @Test
    default void otherMovesMayComeBetween() {
        accept();
        Job running = claimOne();
        ReceivedBody received = get(journal().receive(running, answer()));
        get(journal().report(running.id(), new Transition.Report(new Progress(50.0, null), null)));
        assertThat(get(journal().renew(List.of(running), LEASE))).isEmpty();
        assertThat(get(journal().finish(running, OK, received)).state()).isEqualTo(JobState.SUCCEEDED);
    }

    /** Whoever repeats an end that was made does no harm to it. */
    @Test
    default void anEndThatIsRepeatedAfterItWasToldIsStaleAndKeepsTheResult() {
        accept();
        Job running = claimOne();
        ReceivedBody received = get(journal().receive(running, answer()));
        get(journal().finish(running, OK, received));
        assertStale(journal().finish(running, OK, received));
        accept(); // what the refusal may have set going is done
        assertThat(JournalRig.gathered(get(journal().result(running.id())).body()))
                .isEqualTo(JournalRig.gathered(answer()));
        assertThat(pieces()).isEqualTo(ANSWER);
    }

    @Test
    default void whatWasReceivedGoesWhenTheJobGoesBack() {
        Job running = received();
        get(journal().record(running, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        nothingStays();
    }

    @Test
    default void whatWasReceivedGoesWhenTheJobFailsWithoutIt() {
        Job running = received();
        get(journal().record(running, new Transition.Fail(FAILURE, null)));
        nothingStays();
        assertThat(get(journal().result(running.id()))).isNull();
    }

    @Test
    default void whatWasReceivedGoesWhenTheJobIsCancelled() {
        Job running = received();
        get(journal().cancel(running.id()));
        nothingStays();
    }

    @Test
    default void whatWasReceivedGoesWhenTheDeadlinePasses() {
        accept(draft().deadlineIn(Duration.ofSeconds(10)));
        Job running = claimOne();
        get(journal().receive(running, answer()));
        clock().advance(Duration.ofSeconds(11));
        get(journal().failOverdue());
        assertThat(find(running.id()).state()).isEqualTo(JobState.FAILED);
        nothingStays();
    }

    @Test
    default void whatWasReceivedGoesWithTheLease() {
        accept();
        Job late = claimOne();
        ReceivedBody received = get(journal().receive(late, answer()));
        clock().advance(LEASE.plusMillis(1));
        assertStale(journal().finish(late, OK, received));
        Job next = claimOne();
        assertThat(next.id()).isEqualTo(late.id());
        nothingStays();

        assertThat(get(finish(next, OK, answer())).state()).isEqualTo(JobState.SUCCEEDED);
        assertStale(journal().finish(late, OK, received));
        assertThat(JournalRig.gathered(get(journal().result(late.id())).body()))
                .isEqualTo(JournalRig.gathered(answer()));
    }

    @Test
    default void whatWasReceivedUnderAnEarlierClaimEndsNoLaterOne() {
        accept();
        Job late = claimOne();
        ReceivedBody received = get(journal().receive(late, answer()));
        clock().advance(LEASE.plusMillis(1));
        Job next = claimOne();
        assertStale(journal().finish(next, OK, received));
        assertThat(get(finish(next, OK, answer())).state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(JournalRig.gathered(get(journal().result(next.id())).body()))
                .isEqualTo(JournalRig.gathered(answer()));
    }

    @Test
    default void whatComesInUnderAClaimThatNoLongerHoldsGoes() {
        accept();
        Job late = claimOne();
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        Mono<Job> finish = finish(late, OK, body.asFlux()).cache();
        finish.subscribe(job -> {}, error -> {});
        body.tryEmitNext(new byte[3 * BodyContract.PIECE]).orThrow();
        get(journal().cancel(late.id()));
        body.tryEmitNext(new byte[2 * BodyContract.PIECE]).orThrow();
        body.tryEmitComplete().orThrow();
        assertStale(finish);
        nothingStays();
    }

    @Test
    default void nothingStaysOfAnAnswerThatFailsOrIsGivenUp() {
        accept();
        Job running = claimOne();
        IOException cut = new IOException("cut short");
        StepVerifier.create(journal().receive(running, Flux.concat(answer(), Flux.error(cut))))
                .expectErrorMatches(e -> e == cut)
                .verify(LIMIT);
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        Disposable receiving = journal().receive(running, body.asFlux()).subscribe();
        body.tryEmitNext(new byte[3 * BodyContract.PIECE]).orThrow();
        receiving.dispose();
        get(succeed(running, "done"));
        nothingStays();
    }

    @Test
    default void answersThatComeInUnderOneClaimAreKeptApart() {
        accept();
        Job running = claimOne();
        ReceivedBody first = get(journal().receive(running, answer()));
        get(journal().receive(running, BodyContract.pieces(ANSWER, BodyContract.PIECE - 1)));
        get(journal().finish(running, OK, first));
        assertThat(JournalRig.gathered(get(journal().result(running.id())).body()))
                .isEqualTo(JournalRig.gathered(answer()));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pieces()).isEqualTo(ANSWER));
        assertThat(JournalRig.gathered(get(journal().result(running.id())).body()))
                .isEqualTo(JournalRig.gathered(answer()));
    }

    @Test
    default void whatIsLeftOfAnAnswerThatIsGivenUpHarmsNotTheNext() {
        accept();
        Job running = claimOne();
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        Disposable receiving = journal().receive(running, body.asFlux()).subscribe();
        body.tryEmitNext(new byte[(ANSWER + 1) * BodyContract.PIECE]).orThrow();
        receiving.dispose();
        get(finish(running, OK, answer()));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pieces()).isEqualTo(ANSWER));
        assertThat(JournalRig.gathered(get(journal().result(running.id())).body()))
                .isEqualTo(JournalRig.gathered(answer()));
    }

    @Test
    default void whatWasReceivedDoesNotSurviveTheJournal() {
        Job running = received();
        reopen();
        clock().advance(LEASE.plusMillis(1));
        assertThat(claimOne().id()).isEqualTo(running.id());
        nothingStays();
    }

    private Job received() {
        accept();
        Job running = claimOne();
        get(journal().receive(running, answer()));
        assertThat(pieces()).isEqualTo(ANSWER);
        return running;
    }

    private void nothingStays() {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pieces()).isZero());
    }

    private static Flux<byte[]> answer() {
        return BodyContract.pieces(ANSWER, BodyContract.PIECE);
    }
}
