package dev.sluice.dispatch;

import static dev.sluice.dispatch.FakeBackend.answer;
import static dev.sluice.dispatch.FakeBackend.bytes;
import static dev.sluice.queue.QueueRig.LIMIT;
import static dev.sluice.queue.QueueRig.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.dispatch.FakeBackend.Reply;
import dev.sluice.job.Awaiting;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.Transition;
import dev.sluice.protection.EndedCall;
import dev.sluice.queue.UnreliableJournal.Verb;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A backend that answers 202 and sends the result later holds no place, and its job ends by what it sends. */
class LaterCompletionTest {

    private static final Reply LATER = answer(202, "Sluice-Completion", " Later");
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final Route route = Routes.route(
            "reports", "/reports", "http://localhost:1", "concurrency=1", "backoff=10s", "max-backoff=10s");
    private final DispatchRig rig = new DispatchRig(Duration.ofSeconds(20), route).start();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aJobWhoseBackendAnswersLaterIsParkedAndHoldsNoPlace() {
        rig.backend.on("reports", request -> Mono.just(LATER));
        JobId first = rig.queue.accepted("reports");
        JobId second = rig.queue.accepted("reports");
        Job parked = parked(first);
        parked(second);
        assertThat(parked.state()).isEqualTo(JobState.RUNNING);
        assertThat(parked.awaiting()).isEqualTo(new Awaiting.Completion(TIMEOUT));
        assertThat(parked.dueAt()).isEqualTo(rig.queue.clock.instant().plus(TIMEOUT));
        assertThat(rig.queue.ended).extracting(EndedCall::end).containsOnly(EndedCall.End.ANSWERED);

        complete(first, 1, 200, "report");
        Job ended = rig.queue.awaitState(first, JobState.SUCCEEDED);
        assertThat(ended.result().size()).isEqualTo(6);
        assertThat(result(first)).isEqualTo("report");
        assertThat(rig.queue.events(first)).containsExactly("accepted", "started", "succeeded");
        assertThat(rig.backend.calls("reports").of(first)).isEqualTo(1);
        until(() -> rig.count("sluice.jobs.finished", "route", "reports", "state", "succeeded") == 1);
    }

    /** Until it is recorded, a node that dies or stops would have the work done again. */
    @Test
    void itIsParkedBeforeTheBodyOfThe202HasArrived() {
        FakeBackend.Reply.Response later = (FakeBackend.Reply.Response) LATER;
        rig.backend.on(
                "reports",
                request -> Mono.just(new FakeBackend.Reply.Response(later.status(), later.headers(), Flux.never())));
        JobId id = rig.queue.accepted("reports");
        assertThat(parked(id).awaiting()).isEqualTo(new Awaiting.Completion(TIMEOUT));
        complete(id, 1, 200, "report");
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(rig.backend.calls("reports").of(id)).isEqualTo(1);
    }

    @Test
    void aJobTakesAsLongAsItsBackendWorksAtIt() {
        rig.backend.on("reports", request -> Mono.just(LATER));
        JobId id = rig.queue.accepted("reports");
        parked(id);
        Instant now = rig.queue.clock.instant();
        assertThat(rig.queue.estimator.estimate(route, 3, now, now)).isNull();
        rig.queue.clock.advance(Duration.ofSeconds(30));
        complete(id, 1, 200, "report");
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        Instant then = rig.queue.clock.instant();
        until(() -> rig.queue.estimator.estimate(route, 3, then, then) != null);
        assertThat(rig.queue.estimator.estimate(route, 3, then, then).finishAt())
                .isBetween(then.plusSeconds(29), then.plusSeconds(31));
    }

    @Test
    void aRetryAfterInWhatIsSentHoldsBackOthers() {
        rig.backend.on("reports", request -> Mono.just(LATER));
        JobId id = rig.queue.accepted("reports");
        parked(id);
        rig.queue
                .journal
                .complete(id, 1, new JobResult(503, Headers.of("Retry-After", "30")), Flux.empty())
                .block(LIMIT);
        rig.queue.resumer.due(rig.queue.clock.instant());
        rig.queue.awaitState(id, JobState.QUEUED);
        assertThat(rig.queue.held.holds.until("reports", rig.queue.clock.instant()))
                .isEqualTo(rig.queue.clock.instant().plusSeconds(30));
    }

    @Test
    void onlyThatWordInA202Counts() {
        rig.backend.on("reports", request -> Mono.just(answer(202)));
        rig.queue.awaitState(rig.queue.accepted("reports"), JobState.SUCCEEDED);
        rig.backend.on("reports", request -> Mono.just(answer(202, "Sluice-Completion", "sooner")));
        rig.queue.awaitState(rig.queue.accepted("reports"), JobState.SUCCEEDED);
        rig.backend.on("reports", request -> Mono.just(answer(200, "Sluice-Completion", "later")));
        rig.queue.awaitState(rig.queue.accepted("reports"), JobState.SUCCEEDED);
    }

    @Test
    void whatIsSentMeansWhatAnyAnswerMeans() {
        rig.backend.on("reports", request -> Mono.just(LATER));
        JobId refused = rig.queue.accepted("reports");
        parked(refused);
        complete(refused, 1, 404, "no such report");
        assertThat(rig.queue.awaitState(refused, JobState.FAILED).failure().problem())
                .isEqualTo(Problem.BACKEND_STATUS);
        assertThat(result(refused)).isEqualTo("no such report");

        JobId again = rig.queue.accepted("reports");
        parked(again);
        complete(again, 1, 500, "broken");
        Job queued = rig.queue.awaitState(again, JobState.QUEUED);
        assertThat(queued.dueAt()).isAfterOrEqualTo(rig.queue.clock.instant().plusSeconds(10));
        rig.backend.on("reports", request -> Mono.just(answer(200)));
        rig.queue.advance(Duration.ofSeconds(21));
        assertThat(rig.queue.awaitState(again, JobState.SUCCEEDED).attempt()).isEqualTo(2);
        assertThat(result(again)).isEqualTo("out of 200");
    }

    @Test
    void itMayComeBeforeTheAnswerToTheCall() {
        rig.backend.on("reports", request -> Mono.never());
        JobId id = rig.queue.accepted("reports");
        until(() -> rig.backend.calls("reports").active.get() == 1);
        complete(id, 1, 200, "early");
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        until(() -> rig.backend.calls("reports").cancelled.get() == 1);
        assertThat(result(id)).isEqualTo("early");
    }

    @Test
    void aBackendThatIsNotHeardOfForTheTimeoutIsCalledAgain() {
        rig.backend.on("reports", request -> Mono.just(LATER));
        JobId id = rig.queue.accepted("reports");
        parked(id);
        pass(TIMEOUT.minusSeconds(1));
        rig.queue
                .journal
                .report(id, new Transition.Report(new Progress(40.0, null), null))
                .block(LIMIT);
        pass(TIMEOUT.minusSeconds(1));
        assertThat(rig.queue.find(id).state()).isEqualTo(JobState.RUNNING);
        pass(Duration.ofSeconds(2));
        Job again = rig.queue.awaitState(id, JobState.QUEUED);
        assertThat(again.failure().problem()).isEqualTo(Problem.BACKEND_TIMEOUT);
        assertThat(again.tries()).isEqualTo(1);
        rig.queue.advance(Duration.ofSeconds(21));
        assertThat(parked(id).attempt()).isEqualTo(2);
    }

    @Test
    void withoutATryLeftThatIsTheEnd() {
        rig.backend.on("reports", request -> Mono.just(LATER));
        JobId id = rig.queue.accepted("reports", 1);
        parked(id);
        pass(TIMEOUT.plusSeconds(1));
        assertThat(rig.queue.awaitState(id, JobState.FAILED).failure().problem())
                .isEqualTo(Problem.BACKEND_TIMEOUT);
    }

    @Test
    void anOutageOfTheJournalCostsNoAnswer() {
        rig.backend.on("reports", request -> Mono.just(LATER));
        JobId id = rig.queue.accepted("reports");
        parked(id);
        rig.queue.journal.fail(Verb.FINISH);
        complete(id, 1, 200, "report");
        until(() -> rig.queue.journal.tries(Verb.FINISH) > 1);
        rig.queue.journal.recover();
        rig.queue.awaitState(id, JobState.SUCCEEDED);
    }

    @Test
    void aNodeThatStopsKeepsWhatItDecidesOnForTheNext() {
        rig.backend.on("reports", request -> Mono.just(LATER));
        JobId id = rig.queue.accepted("reports");
        parked(id);
        CountDownLatch stopped = rig.stop();
        assertThat(DispatchRig.await(stopped)).isTrue();
        complete(id, 1, 200, "report");
        assertThat(rig.queue.find(id).parked()).isTrue();
        rig.start();
        rig.queue.awaitState(id, JobState.SUCCEEDED);
    }

    @Test
    void aJobWhoseRouteIsGoneFailsWhenItIsDue() {
        rig.backend.on("reports", request -> Mono.just(LATER));
        JobId id = rig.queue.accepted("reports");
        parked(id);
        rig.queue.routes.replace(Routes.table());
        rig.queue.clock.advance(TIMEOUT.plusSeconds(1));
        assertThat(rig.queue.awaitState(id, JobState.FAILED).failure().problem())
                .isEqualTo(Problem.ROUTE_GONE);
    }

    private Job parked(JobId id) {
        until(() -> rig.queue.find(id).parked());
        return rig.queue.find(id);
    }

    private void pass(Duration time) {
        rig.queue.clock.advance(time);
        rig.queue.resumer.due(rig.queue.clock.instant());
        rig.queue.lookTwice();
    }

    private void complete(JobId id, int attempt, int status, String body) {
        rig.queue
                .journal
                .complete(id, attempt, new JobResult(status, Headers.NONE), Flux.just(bytes(body)))
                .block(LIMIT);
        rig.queue.resumer.due(rig.queue.clock.instant());
    }

    private String result(JobId id) {
        return rig.queue
                .journal
                .result(id)
                .flatMapMany(stored -> stored.body())
                .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                .map(ByteArrayOutputStream::toString)
                .block(LIMIT);
    }
}
