package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/** A job as a long-running operation, in each of its states. */
class OperationTest {

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.work.attempts=9",
                "sluice.routes.led.path=/led",
                "sluice.routes.led.backend=http://localhost:1",
                "sluice.routes.led.when-finished=redirect");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static Wire.Reply get(JobId id) throws IOException {
        Wire.Reply reply =
                Wire.call(listeners.port(), "GET /jobs/" + id + "/operation HTTP/1.1\nHost: gateway.example:8080");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Content-Type")).isEqualTo("application/json");
        assertThat(reply.field("Cache-Control")).isEqualTo("no-cache");
        return reply;
    }

    private static JsonNode ended(JobId id) throws IOException {
        Wire.Reply reply = get(id);
        assertThat(reply.field("Retry-After")).isNull();
        return reply.json();
    }

    private static JsonNode unfinished(JobId id) throws IOException {
        Wire.Reply reply = get(id);
        assertThat(reply.field("Retry-After")).matches("[1-9][0-9]*");
        return reply.json();
    }

    private static Job running() throws IOException {
        listeners.accept("/work");
        return listeners.claim("work");
    }

    @Test
    void the202SaysWhereItIs() throws IOException {
        Wire.Reply reply =
                Wire.call(listeners.port(), "POST /work HTTP/1.1\nHost: gateway.example:8080\nContent-Length: 0");
        JobId id = Listeners.id(reply);
        assertThat(reply.field("Operation-Location"))
                .isEqualTo("http://gateway.example:8080/jobs/" + id + "/operation");
        Wire.Reply old = Wire.call(listeners.port(), "POST /work HTTP/1.0\nContent-Length: 0");
        assertThat(old.field("Operation-Location"))
                .as("of a client that named no host")
                .isEqualTo("/jobs/" + Listeners.id(old) + "/operation");
        cancel(id);
        cancel(Listeners.id(old));
    }

    @Test
    void aQueuedJobIsNotStarted() throws IOException {
        JobId id = listeners.accept("/work");
        JsonNode operation = unfinished(id);
        assertThat(operation.propertyNames())
                .containsExactlyInAnyOrder("id", "status", "createdDateTime", "lastActionDateTime");
        assertThat(operation.get("id").asString()).isEqualTo(id.toString());
        assertThat(operation.get("status").asString()).isEqualTo("NotStarted");
        assertThat(operation.get("lastActionDateTime")).isEqualTo(operation.get("createdDateTime"));
        Wire.Reply head = Wire.call(listeners.port(), "HEAD /jobs/" + id + "/operation HTTP/1.1\nHost: g");
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.field("Retry-After")).isNotNull();
        assertThat(Wire.call(listeners.port(), "DELETE /jobs/" + id + "/operation HTTP/1.1\nHost: g")
                        .field("Allow"))
                .isEqualTo("GET, HEAD");
        cancel(id);
    }

    @Test
    void aRunningJobSaysHowFarItIs() throws IOException {
        Job job = running();
        assertThat(unfinished(job.id()).get("status").asString()).isEqualTo("Running");
        listeners
                .journal()
                .report(job.id(), new Transition.Report(new Progress(40.7, "page 4"), null))
                .block();
        assertThat(unfinished(job.id()).get("percentComplete").toString()).isEqualTo("40");
        Failure why = new Failure(Problem.BACKEND_STATUS, "503");
        listeners.record(
                job, new Transition.Requeue(RequeueReason.RETRY, Instant.now().plusSeconds(60), why));
        JsonNode again = unfinished(job.id());
        assertThat(again.get("status").asString())
                .as("it has begun, and goes on")
                .isEqualTo("Running");
        assertThat(again.has("error")).isFalse();
        cancel(job.id());
    }

    @Test
    void aSuccessSaysWhereTheResultIs() throws IOException {
        for (String route : new String[] {"work", "led"}) {
            JobId id = listeners.accept("/" + route);
            listeners.answer(listeners.claim(route), 200, null, Headers.NONE, Flux.just("ok".getBytes()));
            JsonNode operation = ended(id);
            assertThat(operation.get("status").asString()).isEqualTo("Succeeded");
            assertThat(operation.get("percentComplete").asInt()).isEqualTo(100);
            assertThat(operation.get("resourceLocation").asString())
                    .isEqualTo("http://gateway.example:8080/jobs/" + id + "/result");
            assertThat(operation.has("error")).isFalse();
        }
    }

    @Test
    void aFailureSaysWhy() throws IOException {
        Job silent = running();
        listeners.record(silent, new Transition.Fail(new Failure(Problem.BACKEND_UNREACHABLE, "refused"), null));
        JsonNode operation = ended(silent.id());
        assertThat(operation.get("status").asString()).isEqualTo("Failed");
        assertThat(operation.get("error").get("code").asString()).isEqualTo("backend-unreachable");
        assertThat(operation.get("error").get("message").asString()).isEqualTo("refused");
        assertThat(operation.has("resourceLocation")).isFalse();
        Job answered = running();
        Failure why = new Failure(Problem.BACKEND_STATUS, "It answered 500.");
        listeners.answer(answered, 500, why, Headers.NONE, Flux.empty());
        JsonNode failed = ended(answered.id());
        assertThat(failed.get("error").get("code").asString()).isEqualTo("backend-status");
        assertThat(failed.get("resourceLocation").asString()).endsWith(answered.id() + "/result");
    }

    @Test
    void aCancelIsOneWithOneL() throws IOException {
        JobId id = listeners.accept("/work");
        cancel(id);
        JsonNode operation = ended(id);
        assertThat(operation.get("status").asString()).isEqualTo("Canceled");
        assertThat(operation.has("error")).isFalse();
        listeners.journal().forget(id).block();
        Wire.Reply gone = Wire.call(listeners.port(), "GET /jobs/" + id + "/operation HTTP/1.1\nHost: g");
        assertThat(gone.status()).isEqualTo(410);
        assertThat(Wire.call(listeners.port(), "GET /jobs/" + new JobId(1, 1) + "/operation HTTP/1.1\nHost: g")
                        .problem())
                .isEqualTo("no-job");
    }

    private static void cancel(JobId id) {
        listeners.journal().cancel(id).block(Duration.ofSeconds(10));
    }
}
