package dev.sluice.dispatch;

import static dev.sluice.dispatch.FakeBackend.answer;
import static dev.sluice.dispatch.FakeBackend.noAnswer;
import static dev.sluice.dispatch.FakeBackend.unreachable;
import static dev.sluice.queue.QueueRig.LIMIT;
import static dev.sluice.queue.QueueRig.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.BackendRequest;
import dev.sluice.dispatch.FakeBackend.Reply;
import dev.sluice.job.Awaiting;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.journal.Draft;
import dev.sluice.journal.NewJob;
import dev.sluice.queue.UnreliableJournal;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An operation that a backend names in its 202 is polled until it has a response, and the work is done once. */
class FollowTest {

    private static final String URL = "http://backend:8081/base/operations/7?x=1";
    private static final Reply ACCEPTED = answer(202, "Location", URL, "Retry-After", "10");

    private final Route route = Routes.route(
            "reports",
            "/reports/**",
            "http://backend:8081/base",
            "follow=true",
            "concurrency=1",
            "attempts=1",
            "give-up=1h",
            "max-hold=5m");
    private final Route deleting = Routes.route(
            "deleting", "/deleting/**", "http://backend:8081/base", "follow=true", "follow-cancel=true", "attempts=1");
    private final DispatchRig rig = new DispatchRig(Duration.ZERO, route, deleting).start();
    private final Queue<Reply> replies = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void itIsPolledInItsOwnRhythmUntilItHasAResponse() {
        JobId id = accepted(ACCEPTED);
        Job parked = parked(id);
        assertThat(parked.state()).isEqualTo(JobState.RUNNING);
        assertThat(parked.dueAt()).isEqualTo(rig.queue.clock.instant().plusSeconds(10));
        assertThat(((Awaiting.Operation) parked.awaiting()).url()).isEqualTo(URL);

        replies.add(answer(202, "Retry-After", "20"));
        pass(Duration.ofSeconds(10));
        until(() -> calls().size() == 2);
        BackendRequest poll = calls().get(1);
        assertThat(poll.head().method()).isEqualTo("GET");
        assertThat(poll.head().target()).isEqualTo("/operations/7?x=1");
        assertThat(poll.head().headers().first("Authorization")).hasValue("Bearer client");
        assertThat(poll.head().headers().first("Content-Type")).isEmpty();
        assertThat(poll.job()).isEqualTo(id);
        assertThat(poll.attempt()).isEqualTo(1);
        assertThat(poll.size()).isZero();
        until(() -> rig.queue.find(id).parked());
        assertThat(rig.queue.find(id).dueAt())
                .isEqualTo(rig.queue.clock.instant().plusSeconds(20));

        replies.add(answer(200, "Content-Type", "text/plain"));
        pass(Duration.ofSeconds(20));
        Job ended = rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(ended.attempt()).isEqualTo(1);
        assertThat(result(id)).isEqualTo("out of 200");
        assertThat(rig.queue.events(id)).containsExactly("accepted", "started", "succeeded");
        assertThat(calls()).hasSize(3);
    }

    @Test
    void withoutARhythmItIsPolledAfterASecondAndThenLessAndLessOften() {
        JobId id = accepted(answer(202, "Location", URL));
        assertThat(wait(id)).isBetween(Duration.ofMillis(800), Duration.ofMillis(1_200));
        Duration longest = Duration.ZERO;
        for (int i = 0; i < 12; i++) {
            replies.add(answer(202));
            pass(wait(id));
            int polls = i + 2;
            until(() -> calls().size() == polls && rig.queue.find(id).parked());
            longest = wait(id);
        }
        assertThat(longest).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(36));
    }

    @Test
    void aRetryAfterIsObeyedUpToMaxHold() {
        JobId id = accepted(answer(202, "Location", URL, "Retry-After", "86400"));
        parked(id);
        assertThat(wait(id)).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void a202WithoutAUrlIsTheResponse() {
        JobId id = accepted(answer(202));
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(result(id)).isEqualTo("out of 202");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://elsewhere:8081/x",
                "http://backend/x",
                "https://backend:8081/x",
                "ftp://backend:8081/x",
                "http://backend:8081@elsewhere/x",
                "http://elsewhere@backend:8081/x",
                "http://backend:8081.elsewhere/x",
                "http://backend:8081/x y"
            })
    void noOtherServerIsCalled(String url) {
        JobId id = accepted(answer(202, "Location", url));
        assertThat(rig.queue.awaitState(id, JobState.FAILED).failure().problem())
                .isEqualTo(Problem.BACKEND_PROTOCOL_ERROR);
        assertThat(calls()).hasSize(1);
    }

    @Test
    void a303IsFollowedToTheResponseOnce() {
        JobId id = accepted(ACCEPTED);
        parked(id);
        replies.add(answer(303, "Location", "http://backend:8081/base/results/7"));
        replies.add(answer(201));
        pass(Duration.ofSeconds(10));
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(result(id)).isEqualTo("out of 201");
        assertThat(calls().get(2).head().target()).isEqualTo("/results/7");

        JobId other = accepted(ACCEPTED);
        parked(other);
        replies.add(answer(303, "Location", "http://elsewhere/results/7"));
        pass(Duration.ofSeconds(10));
        rig.queue.awaitState(other, JobState.SUCCEEDED);
        assertThat(result(other)).isEqualTo("out of 303");

        JobId endless = accepted(ACCEPTED);
        parked(endless);
        replies.add(answer(303, "Location", "http://backend:8081/base/results/7"));
        replies.add(answer(303, "Location", "http://backend:8081/base/results/8"));
        pass(Duration.ofSeconds(10));
        rig.queue.awaitState(endless, JobState.SUCCEEDED);
        assertThat(result(endless)).isEqualTo("out of 303");
    }

    @Test
    void aStreamThatBreaksOffIsFetchedAgainAndToldOnce() {
        JobId id = accepted(ACCEPTED);
        parked(id);
        Headers stream = Headers.of("Content-Type", "text/event-stream");
        Flux<byte[]> half = Flux.just(FakeBackend.bytes("data: a\n\n"));
        replies.add(new Reply.Response(200, stream, half.concatWith(Flux.error(new IllegalStateException("cut")))));
        pass(Duration.ofSeconds(10));
        until(() -> calls().size() == 2 && rig.queue.find(id).parked());
        replies.add(new Reply.Response(200, stream, Flux.just(FakeBackend.bytes("data: a\n\ndata: b\n\n"))));
        pass(wait(id));
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(result(id)).isEqualTo("data: a\n\ndata: b\n\n");
        assertThat(rig.queue.events(id)).containsExactly("accepted", "started", "succeeded");
    }

    @Test
    void aPollThatFailsIsRepeatedAndNotTheRequest() {
        JobId id = accepted(ACCEPTED);
        parked(id);
        List<Reply> failures = List.of(
                unreachable(),
                noAnswer(Problem.BACKEND_TIMEOUT),
                answer(503),
                answer(429, "Retry-After", "3"),
                answer(500));
        for (int i = 0; i < failures.size(); i++) {
            replies.add(failures.get(i));
            pass(wait(id));
            int polls = i + 2;
            until(() -> calls().size() == polls && rig.queue.find(id).parked());
        }
        replies.add(answer(200));
        pass(wait(id));
        rig.queue.awaitState(id, JobState.SUCCEEDED);
        assertThat(calls()).extracting(call -> call.head().method()).containsOnlyOnce("POST");
    }

    @Test
    void whatFailsUntilItIsGivenUpIsTheEnd() {
        JobId id = accepted(ACCEPTED);
        parked(id);
        replies.add(unreachable());
        pass(Duration.ofHours(1).plusSeconds(1));
        assertThat(rig.queue.awaitState(id, JobState.FAILED).failure().problem())
                .isEqualTo(Problem.BACKEND_UNREACHABLE);

        JobId other = accepted(ACCEPTED);
        parked(other);
        replies.add(answer(503));
        pass(Duration.ofHours(1).plusSeconds(1));
        assertThat(rig.queue.awaitState(other, JobState.FAILED).failure().problem())
                .isEqualTo(Problem.BACKEND_STATUS);
        assertThat(result(other)).isEqualTo("out of 503");
    }

    @Test
    void aFinalAnswerIsJudgedByTheRoute() {
        JobId id = accepted(ACCEPTED);
        parked(id);
        replies.add(answer(404));
        pass(Duration.ofSeconds(10));
        assertThat(rig.queue.awaitState(id, JobState.FAILED).failure().problem())
                .isEqualTo(Problem.BACKEND_STATUS);
        assertThat(result(id)).isEqualTo("out of 404");
    }

    @Test
    void aJobThatIsCancelledIsPolledNoMore() {
        JobId id = accepted(ACCEPTED);
        parked(id);
        until(() -> rig.backend.calls("reports").active.get() == 0); // its call ends after the job was parked
        rig.queue.journal.cancel(id).block(LIMIT);
        pass(Duration.ofSeconds(11));
        JobId polling = accepted(ACCEPTED);
        parked(polling);
        until(() -> rig.backend.calls("reports").active.get() == 0);
        rig.backend.on("reports", request -> Mono.never());
        pass(Duration.ofSeconds(11));
        until(() -> rig.backend.calls("reports").active.get() == 1);
        rig.queue.journal.cancel(polling).block(LIMIT);
        until(() -> rig.backend.calls("reports").cancelled.get() == 1);
        assertThat(rig.backend.calls("reports").of(id)).isEqualTo(1);
    }

    /** The journal does not know of the operation when it records the cancel. */
    @ParameterizedTest
    @CsvSource({"deleting, false", "deleting, true", "reports, false"})
    void anOperationThatIsNamedWhileItsJobIsCancelledIsDeletedWhereTheRouteSaysSo(String route, boolean erased) {
        Queue<String> calls = new ConcurrentLinkedQueue<>();
        rig.backend.on(route, request -> {
            calls.add(request.head().method() + " " + request.head().target());
            return Mono.just(request.head().method().equals("DELETE") ? answer(204) : ACCEPTED);
        });
        rig.queue.journal.fail(UnreliableJournal.Verb.RECORD);
        int before = rig.queue.journal.tries(UnreliableJournal.Verb.RECORD);
        JobId id = rig.queue.accepted(route);
        rig.queue.queue.nudge();
        until(() -> rig.queue.journal.tries(UnreliableJournal.Verb.RECORD) > before);
        assertThat(rig.queue.find(id).state()).isEqualTo(JobState.RUNNING);
        if (erased) {
            rig.queue.journal.cancelToForget(id).block(LIMIT);
            rig.queue.journal.forget(id).block(LIMIT);
        } else {
            rig.queue.journal.cancel(id).block(LIMIT);
        }
        rig.queue.journal.recover();

        JobId next = rig.queue.accepted(route); // for which there is room when all is done
        until(() -> {
            rig.queue.queue.nudge();
            return rig.queue.find(next).parked();
        });
        boolean deleted = route.equals("deleting");
        until(() -> {
            rig.queue.queue.nudge();
            return calls.size() == (deleted ? 3 : 2);
        });
        assertThat(calls.stream().filter(call -> call.startsWith("DELETE ")).toList())
                .isEqualTo(deleted ? List.of("DELETE /base/operations/7?x=1") : List.of());
    }

    @Test
    void operationsThatHangTakeNoPlaceOfNewCalls() {
        JobId id = accepted(ACCEPTED);
        parked(id);
        rig.backend.on(
                "reports", request -> request.head().method().equals("GET") ? Mono.never() : Mono.just(answer(200)));
        pass(Duration.ofSeconds(11));
        until(() -> rig.backend.calls("reports").active.get() == 1);
        rig.queue.awaitState(rig.queue.accepted("reports"), JobState.SUCCEEDED);
    }

    private JobId accepted(Reply reply) {
        replies.add(reply);
        rig.backend.on("reports", request -> Mono.just(replies.remove()));
        NewJob job = new Draft(new dev.sluice.job.JobIds(rig.queue.clock).next(), rig.queue.clock.instant())
                .route("reports")
                .target("/reports/q3")
                .attempts(1)
                .headers("Content-Type", "text/plain", "Authorization", "Bearer client", "If-Match", "\"1\"")
                .job();
        rig.queue.journal.append(job, Flux.just(FakeBackend.bytes("in"))).block(LIMIT);
        rig.queue.queue.nudge();
        return job.id();
    }

    private List<BackendRequest> calls() {
        return rig.backend.calls("reports").all;
    }

    private Job parked(JobId id) {
        until(() -> rig.queue.find(id).parked());
        return rig.queue.find(id);
    }

    private Duration wait(JobId id) {
        return Duration.between(rig.queue.clock.instant(), parked(id).dueAt());
    }

    private void pass(Duration time) {
        rig.queue.clock.advance(time);
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
