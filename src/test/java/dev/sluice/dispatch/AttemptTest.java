package dev.sluice.dispatch;

import static dev.sluice.dispatch.FakeBackend.answer;
import static dev.sluice.dispatch.FakeBackend.bytes;
import static dev.sluice.dispatch.FakeBackend.noAnswer;
import static dev.sluice.queue.QueueRig.LIMIT;
import static dev.sluice.queue.QueueRig.until;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.BackendRequest;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.protection.EndedCall;
import dev.sluice.protection.EndedCall.End;
import dev.sluice.queue.UnreliableJournal.Verb;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** From one call to what is recorded of it. */
class AttemptTest {

    private final Route route =
            Routes.route("reports", "/reports", "http://localhost:1", "backoff=10s", "max-backoff=10s");
    private final DispatchRig rig = new DispatchRig(Duration.ofSeconds(20), route).start();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aGoodAnswerIsTheResult() {
        rig.backend.on("reports", request -> Mono.just(answer(201, "X-A", "1", "X-A", "2")));
        JobId id = accept();
        Job job = rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(job.failure()).isNull();
        assertThat(job.attempt()).isEqualTo(1);
        assertThat(result(id)).isEqualTo("out of 201");
        assertThat(rig.queue.journal.result(id).block(LIMIT).head().headers().all("X-A"))
                .containsExactly("1", "2");
        assertThat(rig.queue.events(id)).containsExactly("accepted", "started", "succeeded");

        BackendRequest call = rig.backend.calls("reports").all.get(0);
        assertThat(call.attempt()).isEqualTo(1);
        assertThat(call.head().method()).isEqualTo("POST");
        assertThat(call.size()).isEqualTo(2);
        assertThat(call.body().blockLast(LIMIT)).isEqualTo(bytes("in"));
        until(() -> rig.count("sluice.jobs.finished", "route", "reports", "state", "succeeded") == 1);
        assertThat(rig.queue
                        .registry
                        .get("sluice.attempts")
                        .tag("outcome", "answered")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(rig.queue.estimator.estimate(route, 3, rig.queue.clock.instant(), rig.queue.clock.instant()))
                .isNotNull();
    }

    /** What protects the backend is told of each call how it ended, and once. */
    @ParameterizedTest
    @CsvSource({
        "200, , ANSWERED",
        "404, , ANSWERED",
        "429, , LIMITED",
        "429, 7, LIMITED",
        "503, , FAILED",
        "503, 7, UNAVAILABLE",
        "500, 7, FAILED",
        "501, 7, ANSWERED",
    })
    void anAnswerIsToldByItsKind(int status, String retryAfter, End end) {
        rig.backend.on(
                "reports",
                request -> Mono.just(retryAfter == null ? answer(status) : answer(status, "Retry-After", retryAfter)));
        JobId id = accept();
        EndedCall call = ended();
        assertThat(call.job().id()).isEqualTo(id);
        assertThat(call.end()).isEqualTo(end);
        assertThat(call.status()).isEqualTo(status);
        boolean obeyed = retryAfter != null && end != End.ANSWERED;
        assertThat(call.retryAfter())
                .isEqualTo(obeyed ? rig.queue.clock.instant().plusSeconds(7) : null);
        assertThat(rig.queue.estimator.estimate(route, 3, rig.queue.clock.instant(), rig.queue.clock.instant()) != null)
                .as("only what was answered is a service time")
                .isEqualTo(end == End.ANSWERED);
    }

    @Test
    void aCallWithoutAnAnswerIsToldByWhatTheBackendMayHaveSeen() {
        rig.backend.on("reports", request -> Mono.just(FakeBackend.unreachable()));
        accept();
        until(() -> rig.queue.ended.size() == 2); // at once, then it backs off
        assertThat(rig.queue.ended).extracting(EndedCall::end).containsOnly(End.UNREACHABLE);
        rig.queue.ended.clear();
        rig.backend.on("reports", request -> Mono.just(noAnswer(Problem.BACKEND_TIMEOUT)));
        accept();
        assertThat(ended().end()).isEqualTo(End.FAILED);
        rig.queue.ended.clear();
        rig.backend.on("reports", request -> Mono.just(noAnswer(Problem.BACKEND_ANSWER_TOO_LARGE)));
        accept();
        assertThat(ended().end()).as("it did the work").isEqualTo(End.ANSWERED);
    }

    @Test
    void aCallThatIsAbortedHereSaysNothingAboutTheBackend() {
        rig.backend.on("reports", request -> Mono.never());
        JobId id = accept();
        until(() -> rig.backend.calls("reports").of(id) == 1);
        rig.queue.journal.cancel(id).block(LIMIT);
        assertThat(ended().end()).isEqualTo(End.ABORTED);
    }

    @Test
    void aMistakeOfOursSaysNothingAboutTheBackend() {
        rig.backend.on("reports", request -> {
            throw new IllegalArgumentException("planted");
        });
        accept();
        assertThat(ended().end()).isEqualTo(End.ABORTED);
    }

    private EndedCall ended() {
        until(() -> !rig.queue.ended.isEmpty());
        assertThat(rig.queue.ended).hasSize(1);
        return rig.queue.ended.get(0);
    }

    /** As on a new connection, if the one it was begun on was no good. */
    @Test
    void theRequestCanBeSentAgainWithinAnAttempt() {
        AtomicReference<String> sent = new AtomicReference<>("");
        rig.backend.on("reports", request -> {
            Mono<Void> read = request.body()
                    .doOnNext(piece -> sent.updateAndGet(before -> before + new String(piece, UTF_8)))
                    .then();
            return read.then(read).thenReturn(answer(200));
        });
        rig.queue.awaitState(accept(), JobState.SUCCEEDED);
        assertThat(sent).hasValue("inin");
    }

    @Test
    void theBackendMustNotGetTwiceWhatHasOneAttempt() {
        rig.backend.on("reports", request -> Mono.just(answer(200)));
        rig.queue.awaitState(rig.queue.accepted("reports", 1), JobState.SUCCEEDED);
        rig.queue.awaitState(rig.queue.accepted("reports", 2), JobState.SUCCEEDED);
        assertThat(rig.backend.calls("reports").all)
                .extracting(BackendRequest::once)
                .containsExactly(true, false);
    }

    @Test
    void aStatusThatIsNotWorthAnotherTryFailsAtOnceAndTheAnswerIsKept() {
        rig.backend.on("reports", request -> Mono.just(answer(404)));
        JobId id = accept();
        Job job = rig.queue.awaitState(id, JobState.FAILED);
        assertThat(job.failure().problem()).isEqualTo(Problem.BACKEND_STATUS);
        assertThat(job.failure().detail()).contains("404");
        assertThat(job.failure().retryable()).isFalse();
        assertThat(job.result().status()).isEqualTo(404);
        assertThat(result(id)).isEqualTo("out of 404");
        assertThat(rig.backend.calls("reports").of(id)).isEqualTo(1);
    }

    @Test
    void aStatusWorthAnotherTryIsTriedAgainWhenDueAndTheLastAnswerIsKept() {
        rig.backend.on("reports", request -> Mono.just(answer(503)));
        JobId id = rig.queue.accepted("reports", 2);
        Job waiting = awaitRetry(id, 1);
        assertThat(waiting.failure().problem()).isEqualTo(Problem.BACKEND_STATUS);
        assertThat(waiting.dueAt()).isEqualTo(rig.queue.clock.instant().plusSeconds(10));
        rig.queue.advance(Duration.ofMillis(9_999));
        rig.queue.lookTwice();
        assertThat(rig.backend.calls("reports").of(id)).isEqualTo(1);

        rig.queue.advance(Duration.ofMillis(1));
        Job job = rig.queue.awaitState(id, JobState.FAILED);
        assertThat(job.attempt()).isEqualTo(2);
        assertThat(job.failure().retryable()).isTrue();
        assertThat(result(id)).isEqualTo("out of 503");
        assertThat(rig.backend.calls("reports").all)
                .extracting(BackendRequest::attempt)
                .containsExactly(1, 2);
        assertThat(rig.count("sluice.jobs.retried", "route", "reports")).isEqualTo(1);
    }

    @Test
    void theBodyOfAnAnswerThatIsNotKeptIsReadAndDropped() {
        AtomicBoolean readToTheEnd = new AtomicBoolean();
        rig.backend.on(
                "reports",
                request -> Mono.just(new FakeBackend.Reply.Response(
                        503,
                        Headers.NONE,
                        Flux.range(0, 100).map(i -> new byte[100]).doOnComplete(() -> readToTheEnd.set(true)))));
        JobId id = accept();
        awaitRetry(id, 1);
        assertThat(readToTheEnd).isTrue();
        assertThat(rig.queue.journal.result(id).block(LIMIT)).isNull();
    }

    @ParameterizedTest
    @EnumSource(
            value = Problem.class,
            names = {"BACKEND_UNREACHABLE", "BACKEND_TIMEOUT"})
    void noAnswerIsTriedAgainUntilNoTryIsLeft(Problem problem) {
        rig.backend.on("reports", request -> Mono.just(noAnswer(problem)));
        JobId id = rig.queue.accepted("reports", 2);
        assertThat(awaitRetry(id, 1).failure().problem()).isEqualTo(problem);
        rig.queue.advance(Duration.ofSeconds(10));
        Job job = rig.queue.awaitState(id, JobState.FAILED);
        assertThat(job.failure().problem()).isEqualTo(problem);
        assertThat(job.attempt()).isEqualTo(2);
        assertThat(job.result()).isNull();
    }

    @ParameterizedTest
    @EnumSource(
            value = Problem.class,
            names = {"BACKEND_ANSWER_TOO_LARGE", "BACKEND_PROTOCOL_ERROR"})
    void anAnswerThatWouldBeRefusedAgainIsNotAskedForAgain(Problem problem) {
        rig.backend.on("reports", request -> Mono.just(noAnswer(problem)));
        Job job = rig.queue.awaitState(accept(), JobState.FAILED);
        assertThat(job.failure().problem()).isEqualTo(problem);
        assertThat(job.failure().retryable()).isFalse();
        assertThat(job.attempt()).isEqualTo(1);
    }

    @Test
    void aGoodAnswerCutShortIsNoResult() {
        rig.backend.on(
                "reports",
                request -> Mono.just(new FakeBackend.Reply.Response(
                        200, Headers.NONE, Flux.concat(Flux.just(bytes("half")), Flux.error(new RuntimeException())))));
        JobId id = rig.queue.accepted("reports", 2);
        assertThat(awaitRetry(id, 1).failure().problem()).isEqualTo(Problem.BACKEND_PROTOCOL_ERROR);
        assertThat(rig.queue.journal.result(id).block(LIMIT)).isNull();
        rig.queue.advance(Duration.ofSeconds(10));
        Job job = rig.queue.awaitState(id, JobState.FAILED);
        assertThat(job.failure().problem()).isEqualTo(Problem.BACKEND_PROTOCOL_ERROR);
        assertThat(job.failure().retryable()).as("worth a try of the client's").isTrue();
    }

    @Test
    void aRefusalCutShortIsStillThatRefusal() {
        rig.backend.on(
                "reports",
                request -> Mono.just(new FakeBackend.Reply.Response(
                        503, Headers.of("Retry-After", "60"), Flux.error(new RuntimeException()))));
        Job waiting = awaitRetry(accept(), 1);
        assertThat(waiting.failure().problem()).isEqualTo(Problem.BACKEND_STATUS);
        assertThat(waiting.dueAt()).isEqualTo(rig.queue.clock.instant().plusSeconds(60));
    }

    @Test
    void retryAfterHoldsTheWholeRoute() {
        rig.backend.on("reports", request -> Mono.just(answer(429, "Retry-After", "60")));
        JobId first = accept();
        Job waiting = awaitRetry(first, 1);
        assertThat(waiting.dueAt())
                .as("later than the backoff")
                .isEqualTo(rig.queue.clock.instant().plusSeconds(60));

        rig.backend.on("reports", request -> Mono.just(answer(200)));
        JobId second = accept();
        rig.queue.advance(Duration.ofMillis(59_999));
        assertThat(rig.queue.journal.backlog().of("reports").depth()).isEqualTo(2);
        assertThat(rig.backend.calls("reports").all).hasSize(1);
        rig.queue.advance(Duration.ofMillis(1));
        rig.queue.awaitState(second, JobState.SUCCEEDED);
        rig.queue.awaitState(first, JobState.SUCCEEDED);
    }

    @Test
    void aShortRetryAfterDoesNotShortenTheBackoff() {
        rig.backend.on("reports", request -> Mono.just(answer(503, "Retry-After", "1")));
        assertThat(awaitRetry(accept(), 1).dueAt())
                .isEqualTo(rig.queue.clock.instant().plusSeconds(10));
    }

    /** So a restart of the backend fails nobody, not even who must not be called twice. */
    @Test
    void aCallThatNeverLeftUsesUpNoTryAndKeepsTheJobsPlace() {
        rig.backend.on("reports", request -> Mono.just(FakeBackend.unreachable()));
        JobId id = rig.queue.accepted("reports", 1);
        until(() -> rig.backend.calls("reports").of(id) == 2); // at once, then it backs off
        Job waiting = awaitQueued(id, 0);
        assertThat(waiting.tries()).isZero();
        assertThat(waiting.failure().problem()).isEqualTo(Problem.BACKEND_UNREACHABLE);
        assertThat(waiting.dueAt()).isEqualTo(rig.queue.clock.instant().plusSeconds(10));
        assertThat(requeues(id)).containsOnly(RequeueReason.UNREACHABLE);

        rig.backend.on("reports", request -> Mono.just(answer(200)));
        rig.queue.advance(Duration.ofSeconds(10));
        Job job = rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(job.attempt()).isEqualTo(1);
        assertThat(job.tries()).isEqualTo(1);
        assertThat(rig.backend.calls("reports").all)
                .extracting(BackendRequest::attempt)
                .containsExactly(1, 1, 1);
    }

    @Test
    void aJobWhoseBackendStaysAwayIsGivenUpWithThatReason() {
        rig.backend.on("reports", request -> Mono.just(FakeBackend.unreachable()));
        JobId id = rig.queue.accepted("reports", 1);
        Instant giveUpAt = rig.queue.find(id).spec().acceptedAt().plus(Duration.ofHours(24));
        until(() -> rig.backend.calls("reports").of(id) == 2);
        assertThat(awaitQueued(id, 0).giveUpAt()).isEqualTo(giveUpAt);
        rig.queue.clock.advance(Duration.ofHours(24));
        rig.queue.journal.failOverdue().block(LIMIT);
        Job failed = rig.queue.awaitState(id, JobState.FAILED);
        assertThat(failed.failure().problem()).isEqualTo(Problem.BACKEND_UNREACHABLE);
        until(() -> rig.count("sluice.jobs.finished", "route", "reports", "state", "failed") == 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void aRetryAfterThatIsObeyedUsesUpNoTry(int status) {
        rig.backend.on("reports", request -> Mono.just(answer(status, "Retry-After", "60")));
        JobId id = rig.queue.accepted("reports", 1);
        Job waiting = awaitRetry(id, 1);
        assertThat(waiting.tries()).isZero();
        assertThat(waiting.failure().detail()).contains(status + " to attempt 1 and asked to be called again later");
        assertThat(requeues(id)).containsExactly(RequeueReason.RETRY_AFTER);
        assertThat(waiting.dueAt()).isEqualTo(rig.queue.clock.instant().plusSeconds(60));

        rig.backend.on("reports", request -> Mono.just(answer(200)));
        rig.queue.advance(Duration.ofSeconds(60));
        Job job = rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(job.attempt()).isEqualTo(2);
        assertThat(job.tries()).isEqualTo(1);
    }

    @Test
    void aRetryAfterIsObeyedForAsLongAsTheRouteSays() {
        rig.backend.on("reports", request -> Mono.just(answer(503, "Retry-After", "86400")));
        assertThat(awaitRetry(accept(), 1).dueAt())
                .isEqualTo(rig.queue.clock.instant().plus(Duration.ofMinutes(15)));
        assertThat(ended().retryAfter()).isEqualTo(rig.queue.clock.instant().plus(Duration.ofMinutes(15)));
    }

    /** If it would be given up before the backend may be called again, the answer is the result. */
    @Test
    void theLastAnswerBeforeAJobIsGivenUpIsItsResult() {
        rig.backend.on("reports", request -> Mono.just(answer(503, "Retry-After", "60")));
        JobId id = accept();
        awaitRetry(id, 1);
        rig.queue.advance(Duration.ofHours(24).minusSeconds(60));
        Job failed = rig.queue.awaitState(id, JobState.FAILED);
        assertThat(failed.attempt()).isEqualTo(2);
        assertThat(failed.failure().problem()).isEqualTo(Problem.BACKEND_STATUS);
        assertThat(result(id)).isEqualTo("out of 503");
    }

    @ParameterizedTest
    @CsvSource({"429,", "503,", "500, 60"})
    void anyOtherStatusThatIsRetriedUsesUpATry(int status, String retryAfter) {
        rig.backend.on(
                "reports",
                request -> Mono.just(retryAfter == null ? answer(status) : answer(status, "Retry-After", retryAfter)));
        Job failed = rig.queue.awaitState(rig.queue.accepted("reports", 1), JobState.FAILED);
        assertThat(failed.result().status()).isEqualTo(status);
        assertThat(failed.attempt()).isEqualTo(1);
    }

    @Test
    void anAnswerThatTheRouteDoesNotRetryIsFinalAndHoldsNobody() {
        Route never = Routes.route("never", "/never", "http://localhost:1", "retry-on=");
        try (DispatchRig strict = new DispatchRig(Duration.ofSeconds(20), never).start()) {
            strict.backend.on("never", request -> Mono.just(answer(429, "Retry-After", "60")));
            strict.queue.awaitState(strict.queue.accepted("never"), JobState.FAILED);
            strict.backend.on("never", request -> Mono.just(answer(200)));
            strict.queue.awaitState(strict.queue.accepted("never"), JobState.SUCCEEDED);
            assertThat(strict.queue.ended).extracting(EndedCall::retryAfter).containsOnlyNulls();
        }
    }

    /** What the backend may have seen keeps its number, although the stop is no try. */
    @ParameterizedTest
    @CsvSource({"true, 1", "false, 0"})
    void aStopTakesBackTheNumberOfACallOnlyIfNothingOfItLeft(boolean connects, int attempt) {
        try (DispatchRig hasty = new DispatchRig(Duration.ZERO, route).start()) {
            hasty.backend.connects = connects;
            hasty.backend.on("reports", request -> Mono.never());
            JobId id = hasty.queue.accepted("reports", 2);
            until(() -> hasty.backend.calls("reports").of(id) == 1);
            assertThat(DispatchRig.await(hasty.stop())).isTrue();
            Job job = hasty.queue.find(id);
            assertThat(job.state()).isEqualTo(JobState.QUEUED);
            assertThat(job.attempt()).isEqualTo(attempt);
            assertThat(job.tries()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, FAILED", "false, QUEUED"})
    void aStopLeavesTheOutcomeUnknownOnlyIfTheOneCallMayHaveLeft(boolean connects, JobState state) {
        try (DispatchRig hasty = new DispatchRig(Duration.ZERO, route).start()) {
            hasty.backend.connects = connects;
            hasty.backend.on("reports", request -> Mono.never());
            JobId id = hasty.queue.accepted("reports", 1);
            until(() -> hasty.backend.calls("reports").of(id) == 1);
            assertThat(DispatchRig.await(hasty.stop())).isTrue();
            assertThat(hasty.queue.find(id).state()).isEqualTo(state);
        }
    }

    private Job awaitQueued(JobId id, int attempts) {
        Job job = rig.queue.awaitState(id, JobState.QUEUED);
        assertThat(job.attempt()).isEqualTo(attempts);
        return job;
    }

    private List<RequeueReason> requeues(JobId id) {
        return rig.queue
                .journal
                .history(id, 0)
                .ofType(JobEvent.Requeued.class)
                .map(JobEvent.Requeued::reason)
                .collectList()
                .block(LIMIT);
    }

    @Test
    void whatAnAttemptCannotRecordIsNotLostAndTheBackendIsNotAskedAgain() {
        rig.backend.on("reports", request -> {
            rig.queue.journal.fail(Verb.RECORD, Verb.FINISH);
            return Mono.just(noAnswer(Problem.BACKEND_TIMEOUT));
        });
        JobId id = rig.queue.accepted("reports", 1);
        until(() -> rig.count("sluice.queue.journal.errors", "verb", "record") >= 3);
        assertThat(rig.queue.find(id).state()).isEqualTo(JobState.RUNNING);
        rig.queue.journal.recover();
        assertThat(rig.queue.awaitState(id, JobState.FAILED).failure().problem())
                .isEqualTo(Problem.BACKEND_TIMEOUT);
        assertThat(rig.backend.calls("reports").of(id)).isEqualTo(1);
    }

    @Test
    void anAnswerThatCannotBeRecordedJustNowIsTheResultAllTheSame() {
        rig.backend.on("reports", request -> {
            rig.queue.journal.fail(Verb.RECORD, Verb.FINISH);
            return Mono.just(answer(200));
        });
        JobId id = rig.queue.accepted("reports", 1);
        until(() -> rig.count("sluice.queue.journal.errors", "verb", "finish") >= 3);
        assertThat(rig.queue.find(id).state()).isEqualTo(JobState.RUNNING);
        rig.queue.journal.recover();
        assertThat(rig.queue.awaitState(id, JobState.SUCCEEDED).attempt()).isEqualTo(1);
        assertThat(result(id)).isEqualTo("out of 200");
        assertThat(rig.backend.calls("reports").of(id)).isEqualTo(1);
    }

    /** A stop in the middle of it does not make something else of an end that is known. */
    @Test
    void anEndThatIsKnownIsTheLastWordOfAStop() {
        try (DispatchRig hasty = new DispatchRig(Duration.ZERO, route).start()) {
            hasty.backend.on("reports", request -> {
                hasty.queue.journal.fail(Verb.RECORD, Verb.FINISH);
                return Mono.just(answer(200));
            });
            JobId id = hasty.queue.accepted("reports", 2);
            until(() -> hasty.count("sluice.queue.journal.errors", "verb", "finish") >= 1);
            CountDownLatch stopped = hasty.stop();
            int before = hasty.queue.journal.tries(Verb.FINISH);
            until(() -> hasty.queue.journal.tries(Verb.FINISH) >= before + 3);
            assertThat(hasty.queue.find(id).state()).isEqualTo(JobState.RUNNING);
            hasty.queue.journal.recover();
            assertThat(DispatchRig.await(stopped)).isTrue();
            assertThat(hasty.queue.find(id).state()).isEqualTo(JobState.SUCCEEDED);
            assertThat(hasty.backend.calls("reports").of(id)).isEqualTo(1);
        }
    }

    @Test
    void aStopWhileTheJournalIsAwayTakesItsTimeAndNoLonger() {
        try (DispatchRig hasty = new DispatchRig(Duration.ZERO, route).start()) {
            hasty.backend.on("reports", request -> {
                hasty.queue.journal.fail(Verb.RECORD, Verb.FINISH, Verb.RENEW, Verb.CLAIM);
                return Mono.just(answer(200));
            });
            JobId id = hasty.queue.accepted("reports", 1);
            until(() -> hasty.count("sluice.queue.journal.errors", "verb", "finish") >= 1);
            long begun = System.nanoTime();
            assertThat(DispatchRig.await(hasty.stop())).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isLessThan(DispatchLifecycle.AFTERWARDS.plusSeconds(5)); // of a slow machine
            assertThat(hasty.queue.find(id).state()).as("its lease runs out").isEqualTo(JobState.RUNNING);
        }
    }

    @Test
    void anAnswerWhoseBodyWasNotTakenIsNotSaidToBeUnknown() {
        rig.backend.on("reports", request -> {
            rig.queue.journal.fail(Verb.RECEIVE);
            return Mono.just(answer(200));
        });
        JobId id = rig.queue.accepted("reports", 1);
        Job job = rig.queue.awaitState(id, JobState.FAILED);
        assertThat(job.failure().problem()).isEqualTo(Problem.OUTCOME_UNKNOWN);
        assertThat(job.failure().detail())
                .contains("The backend answered 200 to attempt 1 of 1")
                .doesNotContain("not known");
        assertThat(rig.backend.calls("reports").of(id)).isEqualTo(1);
    }

    @Test
    void aRefusalWhoseBodyWasNotTakenIsStillThatRefusal() {
        rig.backend.on("reports", request -> {
            rig.queue.journal.fail(Verb.RECEIVE);
            return Mono.just(answer(404));
        });
        Job job = rig.queue.awaitState(accept(), JobState.FAILED);
        assertThat(job.failure().problem()).isEqualTo(Problem.BACKEND_STATUS);
        assertThat(job.failure().detail()).contains("404");
        assertThat(job.attempt()).isEqualTo(1);
    }

    @Test
    void aRequestWhoseReadingIsInterruptedIsSentWhole() {
        AtomicReference<String> sent = new AtomicReference<>();
        rig.backend.on(
                "reports",
                request -> request.body()
                        .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                        .doOnNext(all -> sent.set(all.toString()))
                        .thenReturn(answer(200)));
        rig.queue.journal.cutRequests(2);
        JobId id = rig.queue.accepted("reports", 1);
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(sent).hasValue("in");
        assertThat(rig.backend.calls("reports").of(id)).isEqualTo(1);
    }

    @Test
    void aRequestThatCannotBeReadJustNowCostsNoTry() {
        rig.backend.on("reports", request -> Mono.just(answer(200)));
        rig.queue.journal.fail(Verb.REQUEST);
        JobId id = rig.queue.accepted("reports", 1);
        awaitRetry(id, 0);
        assertThat(rig.backend.calls("reports").all).isEmpty();
        rig.queue.journal.recover();
        rig.queue.advance(Duration.ofSeconds(1));
        assertThat(rig.queue.awaitState(id, JobState.SUCCEEDED).attempt()).isEqualTo(1);
    }

    @Test
    void aMistakeOfOursIsCountedAndEndsNeitherTheJobNorThePipeline() {
        rig.backend.on("reports", request -> {
            throw new IllegalArgumentException("planted");
        });
        JobId id = rig.queue.accepted("reports", 2);
        awaitRetry(id, 1);
        assertThat(rig.count("sluice.dispatch.errors", "route", "reports")).isEqualTo(1);
        rig.backend.on("reports", request -> Mono.just(answer(200)));
        rig.queue.awaitState(accept(), JobState.SUCCEEDED);
        rig.queue.advance(Duration.ofSeconds(10));
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(rig.count("sluice.pipeline.restarts", "pipeline", "dispatch-reports"))
                .isZero();
    }

    @Test
    void anOutcomeOfALostClaimIsDropped() {
        rig.backend.on("reports", request -> {
            rig.backend.on("reports", again -> Mono.just(answer(200)));
            rig.queue.advance(Duration.ofSeconds(31)); // the lease runs out in the middle
            return Mono.just(answer(201));
        });
        JobId id = accept();
        Job job = rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(job.attempt()).isEqualTo(2);
        assertThat(result(id)).isEqualTo("out of 200");
        until(() -> rig.count("sluice.dispatch.stale", "route", "reports") == 1);
        assertThat(rig.queue.events(id)).isEqualTo(List.of("accepted", "started", "requeued", "started", "succeeded"));
    }

    private JobId accept() {
        return rig.queue.accepted("reports");
    }

    private Job awaitRetry(JobId id, int attempts) {
        until(() -> rig.queue
                .journal
                .history(id, 0)
                .any(event -> event instanceof JobEvent.Requeued)
                .block(LIMIT));
        Job job = rig.queue.find(id);
        assertThat(job.state()).isEqualTo(JobState.QUEUED);
        assertThat(job.attempt()).isEqualTo(attempts);
        return job;
    }

    private String result(JobId id) {
        return new String(rig.queue.journal.result(id).block(LIMIT).body().blockLast(LIMIT));
    }
}
