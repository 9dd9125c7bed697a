package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.Transition;
import dev.sluice.journal.JobFilter;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/** What clients get that would rather wait, or rather not (RFC 7240), in the modes that make jobs. */
class PreferTest {

    private static final Headers ANSWER = Headers.of(
            "Content-Type", "text/plain", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "Link", "</x>; rel=next");

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.ingress.max-wait=30s",
                "sluice.routes.at-once.path=/at-once",
                "sluice.routes.at-once.backend=http://localhost:1",
                "sluice.routes.at-once.methods=POST",
                "sluice.routes.patient.path=/patient",
                "sluice.routes.patient.backend=http://localhost:1",
                "sluice.routes.patient.wait=20s",
                "sluice.routes.brief.path=/brief",
                "sluice.routes.brief.backend=http://localhost:1",
                "sluice.routes.brief.wait=1ms",
                "sluice.routes.direct.path=/direct",
                "sluice.routes.direct.backend=http://localhost:1",
                "sluice.routes.direct.mode=negotiate");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    @AfterEach
    void everythingWasWorkedOff() {
        List<Job> left = listeners
                .journal()
                .list(new JobFilter(null, JobState.QUEUED, null, null), 100, null)
                .block()
                .jobs();
        left.forEach(job -> listeners.journal().cancel(job.id()).block()); // the next test must not meet them
        assertThat(left).isEmpty();
    }

    private static String post(String path, String... fields) {
        return "POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 2" + String.join("", fields) + "\n\nhi";
    }

    /** Waits until there is a job, and starts it. */
    private static Job begun(String route) {
        QueueRig.until(() -> listeners.journal().backlog().of(route).depth() > 0);
        return listeners.claim(route);
    }

    private static Wire.Reply now(String path, String... fields) throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            return wire.send(post(path, fields)).read();
        }
    }

    /** Sends a request, answers its job when it waits, and gives back what the client got. */
    private static Wire.Reply answered(String path, int status, Headers headers, String... fields) throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            wire.send(post(path, fields));
            Job job = begun(path.substring(1));
            listeners.answer(job, status, null, headers, Flux.just("do".getBytes(), "ne".getBytes()));
            return wire.read();
        }
    }

    private static void isAccepted(Wire.Reply reply, String applied) throws IOException {
        assertThat(reply.status()).isEqualTo(202);
        assertThat(reply.field("Preference-Applied")).isEqualTo(applied);
        assertThat(reply.all("Vary")).containsExactly("Prefer");
        JobId id = Listeners.id(reply);
        assertThat(reply.field("Location")).isEqualTo("/jobs/" + id);
        assertThat(reply.field("Link"))
                .isEqualTo("</jobs/" + id + ">; rel=\"status\", </jobs/" + id + "/events>; rel=\"monitor\"");
        listeners.journal().cancel(id).block();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "/at-once | -                             | -",
                "/at-once | respond-async                 | respond-async",
                "/at-once | RESPOND-ASYNC                 | respond-async",
                "/at-once | wait=0                        | wait=0",
                "/at-once | respond-async, wait=0         | respond-async, wait=0",
                "/at-once | respond-async=nonsense        | -",
                "/at-once | wait=soon, wait=0             | -",
                "/at-once | handling=lenient              | -",
                "/at-once | ,,;=\"                        | -",
                "/patient | respond-async                 | respond-async",
                "/patient | wait=0                        | wait=0",
                "/direct  | respond-async                 | respond-async",
                "/direct  | respond-async; x=\"a,b\"      | respond-async",
                "/direct  | wait=0                        | wait=0",
                "/direct  | wait=\"0\", respond-async     | respond-async, wait=0",
            })
    void isToldOfTheJobAtOnce(String path, String prefer, String applied) throws IOException {
        isAccepted(prefer == null ? now(path) : now(path, "\nPrefer: " + prefer), applied);
    }

    @Test
    void aRouteThatWaitsLongerThanAClientMayAskForStopsTheStart() {
        assertThatThrownBy(() -> new Listeners(
                        "sluice.ingress.max-wait=10s",
                        "sluice.routes.slow.path=/slow",
                        "sluice.routes.slow.backend=http://localhost:1",
                        "sluice.routes.slow.wait=11s"))
                .rootCause()
                .hasMessage(
                        "sluice.routes.slow.wait is '11s'; expected: at most sluice.ingress.max-wait, which is 10s");
    }

    @Test
    void patienceThatIsOverEndsWith202() throws IOException {
        isAccepted(now("/brief"), null);
        isAccepted(now("/at-once", "\nPrefer: wait=1"), "wait=1");
        isAccepted(now("/direct", "\nPrefer: wait=1\nPrefer: respond-async"), "respond-async, wait=1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "/at-once | wait=20                | wait=20",
                "/at-once | respond-async, wait=20 | wait=20",
                "/at-once | wait=100000000000      | wait=30",
                "/patient | -                      | -",
                "/patient | handling=strict        | -",
                "/direct  | -                      | -",
                "/direct  | wait=7                 | wait=7",
            })
    void getsTheRealAnswerIfItComesInTime(String path, String prefer, String applied) throws IOException {
        Wire.Reply reply =
                prefer == null ? answered(path, 200, ANSWER) : answered(path, 200, ANSWER, "\nPrefer: " + prefer);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.text()).isEqualTo("done");
        assertThat(reply.field("Content-Type")).isEqualTo("text/plain");
        assertThat(reply.all("Set-Cookie")).containsExactly("a=1", "b=2");
        assertThat(reply.field("Preference-Applied")).isEqualTo(applied);
        assertThat(reply.all("Vary")).containsExactly("Prefer");
        assertThat(reply.field("Location")).as("no place of the backend's").isNull();
        String self = reply.job();
        assertThat(reply.all("Link"))
                .containsExactly(
                        "</x>; rel=next", "<" + self + ">; rel=\"status\", <" + self + "/events>; rel=\"monitor\"");
        Wire.Reply later = Wire.call(listeners.port(), "GET " + self + "/result HTTP/1.1\nHost: g");
        assertThat(later.text()).isEqualTo("done");
    }

    @Test
    void theBackendsOwnLocationStays() throws IOException {
        Wire.Reply reply = answered("/direct", 201, Headers.of("Location", "/things/7"));
        assertThat(reply.status()).isEqualTo(201);
        assertThat(reply.all("Location")).containsExactly("/things/7");
        assertThat(reply.field("Link")).contains("rel=\"status\"");
    }

    @Test
    void anAnswerWithoutContentHasNone() throws IOException {
        Wire.Reply reply = answered("/direct", 204, Headers.NONE);
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.field("Content-Length")).isNull();
    }

    @Test
    void theAnswerToHeadSaysNoLengthThatNobodyKnows() throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            for (int i = 0; i < 2; i++) { // the connection goes on
                wire.send("HEAD /direct HTTP/1.1\nHost: g\n\n");
                listeners.answer(begun("direct"), 200, null, Headers.of("X-One", "1"), Flux.empty());
                Wire.Reply reply = wire.read(true);
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.field("X-One")).isEqualTo("1");
                assertThat(reply.field("Content-Length")).isNull();
            }
        }
    }

    @Test
    void aJobThatEndsWithoutAnAnswerIsSaidSo() throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            wire.send(post("/direct", "\nPrefer: wait=20"));
            Job job = begun("direct");
            listeners.record(job, new Transition.Fail(new Failure(Problem.BACKEND_TIMEOUT, "too late"), null));
            Wire.Reply reply = wire.read();
            assertThat(reply.status()).isEqualTo(504);
            assertThat(reply.problem()).isEqualTo("backend-timeout");
            assertThat(reply.job()).isEqualTo("/jobs/" + job.id());
            assertThat(reply.field("Link")).contains("rel=\"monitor\"");
            assertThat(reply.field("Preference-Applied")).isEqualTo("wait=20");
            assertThat(reply.all("Vary")).containsExactly("Prefer");
        }
    }

    @Test
    void aRetryDoesNotEndTheWait() throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            wire.send(post("/direct"));
            Job first = begun("direct");
            listeners.record(
                    first,
                    new Transition.Requeue(
                            dev.sluice.job.RequeueReason.RETRY,
                            first.spec().acceptedAt(),
                            new Failure(Problem.BACKEND_STATUS, "503")));
            listeners.answer(begun("direct"), 200, null, Headers.NONE, Flux.just("ok".getBytes()));
            assertThat(wire.read().text()).isEqualTo("ok");
        }
    }

    @Test
    void aClientThatGivesUpLosesNothing() throws IOException {
        Job job;
        try (Wire wire = new Wire(listeners.port())) {
            wire.send(post("/direct"));
            job = begun("direct");
        }
        listeners.answer(job, 200, null, Headers.NONE, Flux.just("kept".getBytes()));
        Wire.Reply later = Wire.call(listeners.port(), "GET /jobs/" + job.id() + "/result HTTP/1.1\nHost: g");
        assertThat(later.text()).isEqualTo("kept");
    }

    @Test
    void refusalsVaryToo() throws IOException {
        Wire.Reply bad = now("/at-once", "\nIdempotency-Key: two words");
        assertThat(bad.status()).isEqualTo(400);
        assertThat(bad.all("Vary")).containsExactly("Prefer");
        Wire.Reply method = Wire.call(listeners.port(), "PUT /at-once HTTP/1.1\nHost: g");
        assertThat(method.status()).isEqualTo(405);
        assertThat(method.all("Vary")).containsExactly("Prefer");
    }

    @Test
    void theBackendSeesTheOtherPreferencesOnly() throws IOException {
        Wire.Reply reply = now(
                "/at-once",
                "\nPrefer: respond-async, handling=lenient; x=\"a, b\"",
                "\nPrefer: wait=0",
                "\nprefer: return=minimal , wait=3");
        JobId id = Listeners.id(reply);
        assertThat(listeners.request(id).head().headers().all("Prefer"))
                .containsExactly("handling=lenient; x=\"a, b\"", "return=minimal");
        listeners.journal().cancel(id).block();
    }

    @Test
    void aReplayIsAnsweredAsItsOwnRequestPrefers() throws IOException {
        String key = "\nIdempotency-Key: once-more";
        Wire.Reply first = answered("/direct", 200, ANSWER, key);
        assertThat(first.field("Idempotency-Replayed")).isNull();
        Wire.Reply again = now("/direct", key);
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.text()).isEqualTo("done");
        assertThat(again.field("Idempotency-Replayed")).isEqualTo("true");
        assertThat(again.job()).isEqualTo(first.job());
        Wire.Reply async = now("/direct", key, "\nPrefer: respond-async");
        assertThat(async.status()).isEqualTo(202);
        assertThat(async.field("Idempotency-Replayed")).isEqualTo("true");
        assertThat(async.json().get("state").asString()).isEqualTo("succeeded");
        assertThat(new String(async.body(), StandardCharsets.UTF_8)).contains(first.job());
    }
}
