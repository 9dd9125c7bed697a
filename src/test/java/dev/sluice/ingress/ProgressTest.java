package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobTokens;
import dev.sluice.job.Progress;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** Where backends report progress, over sockets. */
class ProgressTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final FailingJournal FAULTS = new FailingJournal();

    private static Listeners listeners;
    private static JobTokens tokens;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                FAULTS::around, "sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1");
        tokens = new JobTokens(listeners.journal().secret());
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static JobId running() throws IOException {
        JobId id = listeners.accept("/work");
        assertThat(listeners.claim("work").id()).isEqualTo(id);
        return id;
    }

    private static Wire.Reply report(JobId id, String json) throws IOException {
        return report(id, "token=" + tokens.of(id), json);
    }

    private static Wire.Reply report(JobId id, String query, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        String url = "/jobs/" + id + "/progress" + (query.isEmpty() ? "" : "?" + query);
        return Wire.call(listeners.port(), "POST " + url + " HTTP/1.1\nHost: g\nContent-Length: " + body.length, body);
    }

    private static void refused(int status, String problem, Wire.Reply reply) {
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.problem()).isEqualTo(problem);
    }

    private static List<JobEvent> reported(JobId id) {
        return listeners
                .journal()
                .history(id, 2)
                .filter(event -> event instanceof JobEvent.Reported)
                .collectList()
                .block(LIMIT);
    }

    @Test
    void aReportShowsInTheJobAndInTheEvents() throws IOException {
        JobId id = running();
        Wire.Reply taken =
                report(id, " {\"message\" : \"page\\r\\n½ 🚰\",\n\"page\":{\"no\": 4, \"of\":1e3},\"percent\":40.5} ");
        assertThat(taken.status()).isEqualTo(204);
        assertThat(taken.field("Content-Length")).isNull();

        var job = Wire.call(listeners.port(), "GET /jobs/" + id + " HTTP/1.1\nHost: g");
        assertThat(job.field("ETag")).isEqualTo("W/\"j3\"");
        assertThat(job.json().path("progress").path("percent").asDouble()).isEqualTo(40.5);
        assertThat(job.json().path("progress").path("message").asString()).isEqualTo("page\r\n½ 🚰");
        assertThat(job.json().path("progress").has("page")).isFalse();

        listeners.journal().cancel(id).block(LIMIT);
        String events = new String(
                Wire.call(listeners.port(), "GET /jobs/" + id + "/events HTTP/1.1\nHost: g")
                        .body(),
                StandardCharsets.UTF_8);
        String line = events.lines()
                .filter(data -> data.startsWith("data: ") && data.contains("\"seq\":3,"))
                .findFirst()
                .orElseThrow();
        assertThat(events).contains("event: progress\ndata: {\"job\":\"" + id + "\",\"seq\":3,");
        assertThat(line)
                .endsWith("\"percent\":40.50,\"message\":\"page\\u000d\\u000a½ 🚰\",\"page\":{\"no\":4,\"of\":1E+3}}");
        assertThat(events).doesNotContain("token").doesNotContain(tokens.of(id));
    }

    @Test
    void allMembersMayBeLeftOut() throws IOException {
        JobId id = running();
        assertThat(report(id, "{}").status()).isEqualTo(204);
        assertThat(((JobEvent.Reported) reported(id).get(0)).progress()).isEqualTo(new Progress(null, null));
        assertThat(((JobEvent.Reported) reported(id).get(0)).further()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "{",
                "{}{}",
                "[]",
                "7",
                "\"text\"",
                "null",
                "{\"percent\":-0.1}",
                "{\"percent\":100.1}",
                "{\"percent\":1e999}",
                "{\"percent\":NaN}",
                "{\"percent\":\"40\"}",
                "{\"percent\":null}",
                "{\"percent\":[4]}",
                "{\"message\":4}",
                "{\"message\":null}",
                "{\"percent\":1,\"percent\":2}",
                "{\"a\":1,\"a\":2}",
                "{\"job\":\"other\"}",
                "{\"seq\":1}",
                "{\"at\":\"2026-11-25T00:00:00.000Z\"}",
                "{\"a\":\"\n\"}"
            })
    void whatIsNoReportIsRefused(String json) throws IOException {
        JobId id = running();
        Wire.Reply reply = report(id, json);
        refused(400, "bad-request", reply);
        assertThat(reply.text()).doesNotContainIgnoringCase("jackson").doesNotContain("Exception");
        assertThat(reported(id)).isEmpty();
    }

    @Test
    void boundsAreThese() throws IOException {
        JobId id = running();
        refused(400, "bad-request", report(id, "{\"message\":\"" + "½".repeat(501) + "\"}"));
        refused(400, "bad-request", report(id, "{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + "}"));
        String most = "{\"a\":\"" + "x".repeat(16 * 1024 - 8) + "\"}";
        assertThat(most).hasSize(16 * 1024);
        refused(413, "body-too-large", report(id, most + " "));
        assertThat(report(id, most).status()).isEqualTo(204);
        assertThat(report(running(), "{\"message\":\"" + "🚰".repeat(500) + "\",\"percent\":100}")
                        .status())
                .isEqualTo(204);
    }

    @Test
    void ofAnEndlessReportNoMoreIsReadThanItMayHave() throws IOException {
        JobId id = running();
        try (Wire wire = new Wire(listeners.port())) {
            wire.send("POST /jobs/" + id + "/progress?token=" + tokens.of(id)
                    + " HTTP/1.1\nHost: g\nTransfer-Encoding: chunked\n\n");
            wire.send("4001\n" + "x".repeat(0x4001) + "\n");
            refused(413, "body-too-large", wire.read());
        }
    }

    @Test
    void withoutTheTokenOfTheJobNothingIsSaidOfIt() throws IOException {
        JobId id = running();
        String right = tokens.of(id);
        for (JobId any : new JobId[] {id, new JobId(7, 7)}) {
            for (String query : List.of(
                    "",
                    "token=",
                    "token",
                    "token=x",
                    "Token=" + tokens.of(any),
                    "token=" + tokens.of(new JobId(1, 3)))) {
                refused(403, "wrong-token", report(any, query, "{}"));
                refused(403, "wrong-token", report(any, query, "nonsense"));
            }
        }
        assertThat(report(id, "a=b&token=" + right, "{}").status()).isEqualTo(204);
    }

    @Test
    void whatDoesNotRunHasNoProgress() throws IOException {
        refused(404, "no-job", report(new JobId(7, 7), "{}"));
        JobId id = listeners.accept("/work");
        refused(409, "not-running", report(id, "{}"));
        Job claimed = listeners.claim("work");
        assertThat(report(id, "{}").status()).isEqualTo(204);
        listeners.answer(claimed, 200, null, Headers.NONE, Flux.empty());
        refused(409, "not-running", report(id, "{}"));
        listeners.journal().forget(id).block(LIMIT);
        refused(410, "job-expired", report(id, "{}"));
    }

    @Test
    void ofABurstAllAreTakenAndTheNewestIsToldSoon() throws IOException {
        JobId id = running();
        for (int percent = 0; percent <= 100; percent++) {
            assertThat(report(id, "{\"percent\":" + percent + "}").status()).isEqualTo(204);
        }
        QueueRig.until(() -> {
            List<JobEvent> told = reported(id); // read once: there may be more the next moment
            return ((JobEvent.Reported) told.get(told.size() - 1)).progress().percent() == 100;
        });
    }

    @Test
    void aJournalThatCannotWriteIsSaidSo() throws IOException {
        JobId id = running();
        FAULTS.failing("report", new JournalUnavailableException("planted", null));
        try {
            refused(503, "journal-unavailable", report(id, "{}"));
        } finally {
            FAULTS.recover();
        }
    }

    @Test
    void itIsForReportingOnly() throws IOException {
        Wire.Reply reply = Wire.call(listeners.port(), "GET /jobs/" + running() + "/progress HTTP/1.1\nHost: g");
        refused(405, "method-not-allowed", reply);
        assertThat(reply.field("Allow")).isEqualTo("POST");
    }
}
