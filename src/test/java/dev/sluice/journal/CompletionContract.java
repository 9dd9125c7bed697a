package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Headers;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The answer of an attempt comes by a later call of the backend: it is kept until it is decided what it means for the job. */
interface CompletionContract extends JournalRig {

    int PIECES = 5;
    JobResult CREATED = new JobResult(201, Headers.of("Content-Type", "text/plain", "X-Page", "1", "X-Page", "2"));

    @Test
    default void aCompletedJobIsDueAndEndsWithWhatWasSent() {
        Job parked = parked();
        Job completed = get(complete(parked, 1, text("report")));
        assertThat(completed.awaiting()).isInstanceOf(Awaiting.Answered.class);
        assertThat(completed.parked()).isTrue();
        assertThat(find(parked.id())).isEqualTo(completed);
        assertThat(completed.state()).isEqualTo(JobState.RUNNING);
        assertThat(get(journal().result(parked.id()))).isNull();
        assertThat(names(parked.id())).containsExactly("accepted", "started");

        Job resumed = resumeOne();
        Journal.Completed answer = get(journal().answered(resumed));
        assertThat(answer.head()).isEqualTo(CREATED);
        assertThat(answer.body().size()).isEqualTo(6);
        Job ended = get(journal().finish(resumed, new Ending(answer.head(), null), answer.body()));
        assertThat(ended.state()).isEqualTo(JobState.SUCCEEDED);
        StoredResult result = get(journal().result(parked.id()));
        assertThat(result.head()).isEqualTo(CREATED);
        assertThat(JournalRig.text(result.body())).isEqualTo("report");
        assertThat(names(parked.id())).containsExactly("accepted", "started", "succeeded");
        assertThat(backlog().routes()).isEmpty();
        numbersHaveNoGap(parked.id());
    }

    @Test
    default void aLongOneIsKeptInPieces() {
        Job parked = parked();
        get(complete(parked, 1, pieces(PIECES)));
        Job resumed = resumeOne();
        Journal.Completed answer = get(journal().answered(resumed));
        assertThat(answer.body().size()).isEqualTo((long) PIECES * BodyContract.PIECE);
        get(journal().finish(resumed, new Ending(answer.head(), null), answer.body()));
        assertThat(JournalRig.gathered(get(journal().result(parked.id())).body()))
                .isEqualTo(JournalRig.gathered(pieces(PIECES)));
        assertThat(get(journal().forget(parked.id()))).isTrue();
        nothingStays();
    }

    @Test
    default void itMayComeWhileTheCallIsUnderWay() {
        accept();
        Job calling = claimOne();
        get(complete(calling, 1, text("early")));
        assertStale(journal().record(calling, new Transition.Await(new Awaiting.Completion(LEASE), clock().instant())));
        assertThat(get(journal().renew(List.of(calling), LEASE))).containsExactly(calling.id());
        assertThat(backlog().of(ROUTE).running()).isZero();
        Job resumed = resumeOne();
        Journal.Completed answer = get(journal().answered(resumed));
        assertThat(get(journal().finish(resumed, new Ending(answer.head(), FAILURE), answer.body()))
                        .state())
                .isEqualTo(JobState.FAILED);
        assertThat(JournalRig.text(get(journal().result(calling.id())).body())).isEqualTo("early");
    }

    @Test
    default void itComesOnceAndOnlyForTheAttemptThatRuns() {
        Job parked = parked();
        assertRefused(parked, 2);
        assertRefused(parked, 0);
        get(complete(parked, 1, text("first")));
        assertRefused(parked, 1);
        Job resumed = resumeOne();
        assertRefused(parked, 1);
        assertThat(get(journal().answered(resumed)).body().size()).isEqualTo(5);
        get(journal().record(resumed, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        assertRefused(parked, 1);
        Job second = claimOne();
        assertRefused(parked, 1);
        assertThat(get(journal().answered(second))).isNull();
        get(complete(second, 2, text("second")));
        assertThat(get(journal().answered(resumeOne())).body().size()).isEqualTo(6);

        Job done = finished(draft());
        assertRefused(done, 1);
        Job queued = accept();
        assertRefused(queued, 0);
        assertThat(get(journal().complete(newId(), 1, CREATED, text("nobody")))).isNull();
    }

    @Test
    default void ofManyAtOnceOneWinsAndTheOthersLeaveNothing() {
        Job parked = parked();
        List<Boolean> won = race(
                8,
                i -> complete(parked, 1, pieces(PIECES))
                        .map(job -> true)
                        .onErrorResume(IllegalTransitionException.class, e -> Mono.just(false)));
        assertThat(won).containsOnlyOnce(true);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pieces()).isEqualTo(PIECES));
        Job resumed = resumeOne();
        Journal.Completed answer = get(journal().answered(resumed));
        get(journal().finish(resumed, new Ending(answer.head(), null), answer.body()));
        assertThat(JournalRig.gathered(get(journal().result(parked.id())).body()))
                .isEqualTo(JournalRig.gathered(pieces(PIECES)));
    }

    @Test
    default void whatBreaksOffLeavesNothingAndTheJobAsItWas() {
        Job parked = parked();
        assertFails(
                () -> get(complete(parked, 1, Flux.concat(pieces(PIECES), Flux.error(new IOException("gone"))))
                        .onErrorMap(IOException.class, IllegalStateException::new)),
                IllegalStateException.class);
        Disposable cut =
                complete(parked, 1, Flux.concat(pieces(PIECES), Flux.never())).subscribe(job -> {}, error -> {});
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pieces()).isNotZero());
        cut.dispose();
        nothingStays();
        assertThat(find(parked.id())).isEqualTo(parked);
        get(complete(parked, 1, text("again")));
        assertThat(get(journal().answered(resumeOne())).body().size()).isEqualTo(5);
    }

    @Test
    default void whatIsNotTheEndIsDiscarded() {
        Job again = answered(draft());
        get(journal().record(resumeOne(), new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        nothingStays();
        get(journal().cancel(again.id()));

        Job cancelled = answered(draft());
        get(journal().cancel(cancelled.id()));
        nothingStays();
        assertThat(get(journal().result(cancelled.id()))).isNull();

        Job late = answered(draft().deadlineIn(Duration.ofSeconds(10)));
        Job checked = resumeOne();
        clock().advance(Duration.ofSeconds(11));
        get(journal().failOverdue());
        nothingStays();
        assertThat(find(late.id()).state()).isEqualTo(JobState.FAILED);
        assertThat(get(journal().answered(checked))).isNull();
        assertThat(get(journal().result(late.id()))).isNull();

        answered(draft());
        get(journal().record(resumeOne(), new Transition.Fail(FAILURE, null)));
        nothingStays();
    }

    @Test
    default void aLostCheckKeepsTheAnswer() {
        Job job = answered(draft());
        Job lost = resumeOne();
        clock().advance(LEASE.plusMillis(1));
        Job again = resumeOne();
        assertThat(get(journal().answered(lost))).isNull();
        Journal.Completed answer = get(journal().answered(again));
        get(journal().finish(again, new Ending(answer.head(), null), answer.body()));
        assertThat(JournalRig.gathered(get(journal().result(job.id())).body()))
                .isEqualTo(JournalRig.gathered(pieces(PIECES)));
    }

    @Test
    default void anAnswerSurvivesAKill() {
        Job job = answered(draft());
        resumeOne();
        killAndReopen();
        Job again = resumeOne();
        assertThat(again.id()).isEqualTo(job.id());
        Journal.Completed answer = get(journal().answered(again));
        assertThat(answer.head()).isEqualTo(CREATED);
        get(journal().finish(again, new Ending(answer.head(), null), answer.body()));
        assertThat(JournalRig.gathered(get(journal().result(job.id())).body()))
                .isEqualTo(JournalRig.gathered(pieces(PIECES)));
    }

    @Test
    default void anAnswerThatIsDiscardedAfterAReopenLeavesNothing() {
        answered(draft());
        reopen();
        get(journal().record(resumeOne(), new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        nothingStays();
    }

    @Test
    default void oneHalfReceivedLeavesNothingAfterAKill() {
        Job parked = parked();
        Disposable half =
                complete(parked, 1, Flux.concat(pieces(PIECES), Flux.never())).subscribe(job -> {}, error -> {});
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pieces()).isNotZero());
        killAndReopen();
        half.dispose();
        clock().advance(Duration.ofMinutes(6)); // where nodes share the journal, the dead one is forgotten by then
        nothingStays();
        assertThat(find(parked.id())).isEqualTo(parked);
    }

    private Mono<Job> complete(Job job, int attempt, Flux<byte[]> body) {
        return journal().complete(job.id(), attempt, CREATED, body);
    }

    private void assertRefused(Job job, int attempt) {
        assertFails(() -> get(complete(job, attempt, text("x"))), IllegalTransitionException.class);
    }

    private Job parked() {
        return parked(draft());
    }

    private Job parked(Draft draft) {
        accept(draft);
        Awaiting later = new Awaiting.Completion(Duration.ofMinutes(1));
        return get(journal()
                .record(
                        claimOne(),
                        new Transition.Await(later, clock().instant().plusSeconds(60))));
    }

    /** A job with an answer in pieces that is not decided on. */
    private Job answered(Draft draft) {
        Job parked = parked(draft);
        get(complete(parked, 1, pieces(PIECES)));
        assertThat(pieces()).isEqualTo(PIECES);
        return parked;
    }

    private Job resumeOne() {
        List<Job> jobs = get(journal().resume(Map.of(ROUTE, 9), LEASE)).jobs();
        assertThat(jobs).hasSize(1);
        return jobs.get(0);
    }

    private void nothingStays() {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(pieces()).isZero());
    }

    private static Flux<byte[]> text(String text) {
        return Flux.just(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Flux<byte[]> pieces(int many) {
        return BodyContract.pieces(many, BodyContract.PIECE);
    }
}
