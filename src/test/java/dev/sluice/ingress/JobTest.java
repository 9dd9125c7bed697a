package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.io.IOException;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** Status, result, cancelling and forgetting over HTTP. */
class JobTest {

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.ingress.jobs-path=/api/jobs",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.work.attempts=3");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static Wire.Reply call(String method, JobId id, String below, String... fields) throws IOException {
        return Wire.call(
                listeners.port(), method + " /api/jobs/" + id + below + " HTTP/1.1\nHost: g" + String.join("", fields));
    }

    private static Job running() throws IOException {
        listeners.accept("/work");
        return listeners.claim("work");
    }

    private static Job succeeded(Headers fields, byte[]... pieces) throws IOException {
        return listeners.answer(running(), 200, null, fields, Flux.just(pieces));
    }

    @Test
    void aJobIsShownAsItStands() throws IOException {
        JobId id = listeners.accept("/work");
        Wire.Reply reply = call("GET", id, "");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Cache-Control")).isEqualTo("no-cache");
        assertThat(reply.field("Content-Type")).isEqualTo("application/json");
        assertThat(reply.field("ETag")).isEqualTo("W/\"j1\"");
        assertThat(Integer.parseInt(reply.field("Retry-After"))).isPositive();
        assertThat(reply.json().get("id").asString()).isEqualTo(id.toString());
        assertThat(reply.json().get("links").get("result").asString()).isEqualTo("/api/jobs/" + id + "/result");

        Wire.Reply head = call("HEAD", id, "");
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.field("Content-Length")).isEqualTo(reply.field("Content-Length"));

        Job claimed = listeners.claim("work");
        Wire.Reply changed = call("GET", id, "", "\nIf-None-Match: W/\"j1\"");
        assertThat(changed.status()).isEqualTo(200);
        assertThat(changed.field("ETag")).isEqualTo("W/\"j2\"");
        assertThat(changed.json().get("state").asString()).isEqualTo("running");

        listeners.record(claimed, new Transition.Fail(new Failure(Problem.BACKEND_UNREACHABLE, "refused"), null));
        Wire.Reply failed = call("GET", id, "");
        assertThat(failed.json().get("state").asString()).isEqualTo("failed");
        assertThat(failed.json().get("failure").get("detail").asString()).isEqualTo("refused");
        assertThat(failed.field("Retry-After"))
                .as("nothing is to be expected any more")
                .isNull();
    }

    @Test
    void aJobThatDidNotChangeIs304() throws IOException {
        JobId id = listeners.accept("/work");
        for (String tag : new String[] {"W/\"j1\"", "\"j1\"", "\"1\", W/\"j1\"", "*"}) {
            Wire.Reply reply = call("GET", id, "", "\nIf-None-Match: " + tag);
            assertThat(reply.status()).isEqualTo(304);
            assertThat(reply.field("ETag")).isEqualTo("W/\"j1\"");
            assertThat(reply.field("Content-Length")).isNull();
        }
        cancel(id);
    }

    private static final String[] READS = {
        "",
        "/result",
        "/events",
        "/output",
        "/output?offset=-1",
        "/output?offset=-1&live=long-poll",
        "/output?offset=-1&live=sse"
    };

    @Test
    void unknownAndMalformedIdsAre404() throws IOException {
        for (String id : new String[] {"01k9zv7m2c4w8h0t5x1q3r6y9a", "x", "01K9ZV7M2C4W8H0T5X1Q3R6Y9A", "%30", ""}) {
            for (String below : READS) {
                Wire.Reply reply = Wire.call(listeners.port(), "GET /api/jobs/" + id + below + " HTTP/1.1\nHost: g");
                assertThat(reply.status()).isEqualTo(404);
                assertThat(reply.problem()).isEqualTo("no-job");
            }
        }
        JobId id = listeners.accept("/work");
        for (String below : new String[] {"/", "/x", "/result/", "/events/x"}) {
            assertThat(call("GET", id, below).problem()).isEqualTo("no-route");
        }
        cancel(id);
    }

    @Test
    void aPreflightIsNotTheRequestThatItAnnounces() throws IOException {
        JobId id = listeners.accept("/work");
        String preflight = "OPTIONS /api/jobs/" + id + " HTTP/1.1\nHost: g\nOrigin: https://app.example"
                + "\nAccess-Control-Request-Method: DELETE";
        assertThat(Wire.call(listeners.port(), preflight).status()).isEqualTo(405);
        assertThat(call("GET", id, "").json().get("state").asString()).isEqualTo("queued");
        cancel(id);
    }

    @Test
    void targetsAreTakenAsTheyWereSent() throws IOException {
        JobId id = listeners.accept("/work");
        String encoded = "%" + Integer.toHexString(id.toString().charAt(0))
                + id.toString().substring(1);
        for (String path : new String[] {
            "/api/jobs/" + encoded,
            "/api/jobs//" + id,
            "/api/jobs/" + id + "/",
            "/api/jobs/" + id + "/%72esult",
            "/api/jobs/",
            "/api/jobs/x/y"
        }) {
            Wire.Reply reply = Wire.call(listeners.port(), "GET " + path + " HTTP/1.1\nHost: g");
            assertThat(reply.status()).as(path).isEqualTo(404);
            assertThat(reply.problem()).as(path).isEqualTo(path.contains("/" + id + "/") ? "no-route" : "no-job");
        }
        cancel(id);
    }

    @Test
    void otherMethodsAre405() throws IOException {
        JobId id = listeners.accept("/work");
        assertThat(call("PUT", id, "").field("Allow")).isEqualTo("GET, HEAD, DELETE");
        assertThat(call("OPTIONS", id, "").status()).isEqualTo(405);
        assertThat(call("DELETE", id, "/result").field("Allow")).isEqualTo("GET, HEAD");
        assertThat(call("PUT", id, "/events").field("Allow")).isEqualTo("GET, HEAD");
        assertThat(call("POST", id, "/events", "\nContent-Length: 0").problem()).isEqualTo("method-not-allowed");
        cancel(id);
    }

    @Test
    void cancellingMayBeRepeatedAndErasesNothing() throws IOException {
        JobId id = listeners.accept("/work");
        for (int i = 0; i < 3; i++) {
            Wire.Reply cancelled = call("DELETE", id, "");
            assertThat(cancelled.status()).isEqualTo(200);
            assertThat(cancelled.field("Cache-Control")).isEqualTo("no-store");
            assertThat(cancelled.json().get("state").asString()).isEqualTo("cancelled");
            assertThat(call("GET", id, "").field("ETag")).as("nothing changed").isEqualTo("W/\"j2\"");
        }
        Wire.Reply result = call("GET", id, "/result");
        assertThat(result.status()).isEqualTo(410);
        assertThat(result.problem()).isEqualTo("job-cancelled");

        assertErased(id);
    }

    private static void assertErased(JobId id) throws IOException {
        assertThat(call("DELETE", id, "?erase=true").status()).isEqualTo(204);
        for (String below : new String[] {"", "/result", "/events"}) {
            Wire.Reply gone = call("GET", id, below);
            assertThat(gone.status()).isEqualTo(410);
            assertThat(gone.problem()).isEqualTo("job-expired");
        }
        for (String query : new String[] {"", "?erase=true"}) {
            Wire.Reply gone = call("DELETE", id, query);
            assertThat(gone.status()).isEqualTo(410);
            assertThat(gone.problem()).isEqualTo("job-expired");
        }
        assertThat(listeners.request(id)).isNull();
    }

    @Test
    void aCancelThatComesTooLateCostsNobodyTheResult() throws IOException {
        Job succeeded = succeeded(Headers.NONE, "answer".getBytes());
        Job failed = listeners.answer(
                running(), 500, new Failure(Problem.BACKEND_STATUS, "500"), Headers.NONE, Flux.just("no".getBytes()));
        for (Job job : new Job[] {succeeded, failed}) {
            for (int i = 0; i < 2; i++) {
                Wire.Reply late = call("DELETE", job.id(), "");
                assertThat(late.status()).isEqualTo(409);
                assertThat(late.problem()).isEqualTo("already-finished");
                assertThat(late.json().get("retryable").asBoolean()).isFalse();
            }
        }
        assertThat(call("GET", succeeded.id(), "/result").text()).isEqualTo("answer");
        assertThat(call("GET", failed.id(), "/result").text()).isEqualTo("no");
        assertErased(succeeded.id());
        assertErased(failed.id());
    }

    @Test
    void erasingCancelsFirst() throws IOException {
        assertErased(listeners.accept("/work"));
        Job job = running();
        assertErased(job.id());
        assertThat(listeners
                        .journal()
                        .renew(java.util.List.of(job), java.time.Duration.ofHours(1))
                        .block())
                .isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"?erase", "?erase=", "?erase=false", "?erase=TRUE", "?a=b&erase=1", "?erase=true&erase=no"})
    void anotherValueOfEraseIsRefused(String query) throws IOException {
        JobId id = listeners.accept("/work");
        Wire.Reply reply = call("DELETE", id, query);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.problem()).isEqualTo("bad-request");
        assertThat(call("GET", id, "").json().get("state").asString()).isEqualTo("queued");
        assertThat(call("DELETE", id, "?erased=1").status()).as("none of ours").isEqualTo(200);
    }

    @Test
    void deletingARunningJobEndsItsClaim() throws IOException {
        Job job = running();
        assertThat(call("DELETE", job.id(), "").json().get("state").asString()).isEqualTo("cancelled");
        assertThat(listeners
                        .journal()
                        .renew(java.util.List.of(job), java.time.Duration.ofHours(1))
                        .block())
                .containsExactly(job.id());
    }

    @Test
    void anUnfinishedResultIs202() throws IOException {
        JobId id = listeners.accept("/work");
        Wire.Reply reply = call("GET", id, "/result");
        assertThat(reply.status()).isEqualTo(202);
        assertThat(reply.field("Location")).isEqualTo("/api/jobs/" + id);
        assertThat(reply.field("Retry-After")).isNotNull();
        assertThat(reply.json().get("state").asString()).isEqualTo("queued");
        cancel(id);
    }

    @Test
    void aJobThatWaitsForAnotherTryIsQueuedAgain() throws IOException {
        Job job = running();
        Failure why = new Failure(Problem.BACKEND_STATUS, "the backend answered 503");
        listeners.record(
                job, new Transition.Requeue(RequeueReason.RETRY, Instant.now().plusSeconds(3600), why));
        Wire.Reply reply = call("GET", job.id(), "");
        assertThat(reply.json().get("state").asString()).isEqualTo("queued");
        assertThat(reply.json().get("nextAttemptAt").asString()).endsWith("Z");
        assertThat(reply.json().get("failure").get("detail").asString()).isEqualTo("the backend answered 503");
        cancel(job.id());
    }

    @Test
    void theStoredAnswerIsReplayedExactly() throws IOException {
        byte[] one = new byte[100_000];
        byte[] two = new byte[50_001];
        new Random(1).nextBytes(one);
        new Random(2).nextBytes(two);
        Job job = succeeded(
                Headers.of(
                        "Content-Type",
                        "application/x-thing",
                        "X-Twice",
                        "a",
                        "x-twice",
                        "b",
                        "Set-Cookie",
                        "c=1; Path=/",
                        "X-Umlaut",
                        "\u00e9",
                        "Date",
                        "Mon, 23 Nov 2026 00:00:00 GMT"),
                one,
                two);
        Wire.Reply reply = call("GET", job.id(), "/result");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Content-Type")).isEqualTo("application/x-thing");
        assertThat(reply.all("X-Twice")).containsExactly("a", "b");
        assertThat(reply.field("Set-Cookie")).isEqualTo("c=1; Path=/");
        assertThat(reply.field("X-Umlaut")).isEqualTo("\u00e9");
        assertThat(reply.all("Date")).containsExactly("Mon, 23 Nov 2026 00:00:00 GMT");
        assertThat(reply.field("Link")).isEqualTo("</api/jobs/" + job.id() + ">; rel=\"status\"");
        assertThat(reply.field("ETag")).isEqualTo("\"" + job.id() + "\"");
        assertThat(reply.field("Content-Length")).isEqualTo("150001");
        assertThat(reply.body()).startsWith(one).endsWith(two);

        Wire.Reply head = call("HEAD", job.id(), "/result");
        assertThat(head.field("Content-Length")).isEqualTo("150001");
        assertThat(head.field("Content-Type")).isEqualTo("application/x-thing");
    }

    @Test
    void aStoredFieldCannotBreakTheFraming() throws IOException {
        Job job = succeeded(
                Headers.of(
                        "Content-Length",
                        "3",
                        "transfer-encoding",
                        "chunked",
                        "Connection",
                        "close",
                        "Keep-Alive",
                        "x",
                        "Trailer",
                        "x",
                        "ETag",
                        "\"own\"",
                        "Retry-After",
                        "3600",
                        "Link",
                        "<a>; rel=\"b\"",
                        "X-Bad",
                        "a\r\nX-Forged: 1",
                        "Bad Name",
                        "x"),
                "hello".getBytes());
        try (Wire wire = new Wire(listeners.port())) {
            for (int i = 0; i < 2; i++) {
                wire.send("GET /api/jobs/" + job.id() + "/result HTTP/1.1\nHost: g\n\n");
                Wire.Reply reply = wire.read();
                assertThat(reply.all("Content-Length")).containsExactly("5");
                assertThat(reply.field("Transfer-Encoding")).isNull();
                assertThat(reply.field("Connection")).isNull();
                assertThat(reply.field("X-Forged")).isNull();
                assertThat(reply.field("ETag")).isEqualTo("\"own\"");
                assertThat(reply.field("Retry-After")).as("spoke of then").isNull();
                assertThat(reply.all("Link")).hasSize(2);
                assertThat(reply.text()).isEqualTo("hello");
            }
        }
    }

    @Test
    void answersWithoutBodyAreReplayedToo() throws IOException {
        Job empty = succeeded(Headers.NONE);
        assertThat(call("GET", empty.id(), "/result").field("Content-Length")).isEqualTo("0");
        Job nothing = listeners.answer(running(), 204, null, Headers.of("X-One", "1"), Flux.empty());
        try (Wire wire = new Wire(listeners.port())) {
            for (int i = 0; i < 2; i++) {
                wire.send("GET /api/jobs/" + nothing.id() + "/result HTTP/1.1\nHost: g\n\n");
                Wire.Reply reply = wire.read();
                assertThat(reply.status()).isEqualTo(204);
                assertThat(reply.field("X-One")).isEqualTo("1");
                assertThat(reply.field("Content-Length")).isNull();
            }
        }
        Job unmodified = listeners.answer(running(), 304, null, Headers.NONE, Flux.empty());
        assertThat(call("GET", unmodified.id(), "/result").status()).isEqualTo(304);
    }

    @Test
    void anAnswerThatMadeTheJobFailIsReplayedAsItWas() throws IOException {
        Job job = listeners.answer(
                running(),
                418,
                new Failure(Problem.BACKEND_STATUS, "418"),
                Headers.of("Content-Type", "text/plain"),
                Flux.just("teapot".getBytes()));
        Wire.Reply reply = call("GET", job.id(), "/result");
        assertThat(reply.status()).isEqualTo(418);
        assertThat(reply.text()).isEqualTo("teapot");
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "BACKEND_UNREACHABLE",
                "BACKEND_PROTOCOL_ERROR",
                "BACKEND_ANSWER_TOO_LARGE",
                "OUTCOME_UNKNOWN",
                "ROUTE_GONE",
                "BACKEND_TIMEOUT",
                "DEADLINE_EXCEEDED"
            })
    void aJobThatFailedWithoutAnAnswerSaysWhy(Problem problem) throws IOException {
        Job job = running();
        listeners.record(job, new Transition.Fail(new Failure(problem, "what happened"), null));
        Wire.Reply reply = call("GET", job.id(), "/result");
        assertThat(reply.status()).isEqualTo(problem.status()).isIn(502, 504);
        assertThat(reply.problem()).isEqualTo(problem.text());
        assertThat(reply.json().get("detail").asString()).isEqualTo("what happened");
        assertThat(reply.field("Proxy-Status"))
                .as("it is not the backend's")
                .matches("sluice; error=[a-z_]+; details=\"" + problem.text() + "\"");
        assertThat(call("GET", job.id(), "").field("Proxy-Status")).isNull();
    }

    @Test
    void aJobWhoseAnswerWasCutShortIsWorthAnotherTry() throws IOException {
        Job job = running();
        Failure cutShort = new Failure(Problem.BACKEND_PROTOCOL_ERROR, "The backend's answer was cut short.", true);
        listeners.record(job, new Transition.Fail(cutShort, null));
        Wire.Reply reply = call("GET", job.id(), "/result");
        assertThat(reply.status()).isEqualTo(502);
        assertThat(reply.json().get("retryable").asBoolean()).isTrue();
        assertThat(reply.field("Proxy-Status"))
                .isEqualTo("sluice; error=http_response_incomplete; details=\"backend-protocol-error\"");
        assertThat(call("GET", job.id(), "").json().get("failure")).isEqualTo(reply.json());
    }

    @Test
    void whatTheBackendSaysOfItsOwnProxiesIsPassedOn() throws IOException {
        Job job = listeners.answer(
                running(),
                502,
                new Failure(Problem.BACKEND_STATUS, "502"),
                Headers.of("Proxy-Status", "inner; error=connection_refused", "Proxy-Authenticate", "Basic"),
                Flux.empty());
        Wire.Reply reply = call("GET", job.id(), "/result");
        assertThat(reply.all("Proxy-Status")).containsExactly("inner; error=connection_refused");
        assertThat(reply.field("Proxy-Authenticate")).isNull();
    }

    private static void cancel(JobId id) {
        listeners.journal().cancel(id).block(java.time.Duration.ofSeconds(10));
    }
}
