package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.ScriptedServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * Through the whole gateway: what becomes of answers that are no good, of requests that speak for one reader only, and of
 * clients that do not wait for theirs.
 */
class BackendsAnswersTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final List<String> OF_ONE_READER =
            List.of("Accept-Encoding", "If-None-Match", "If-Modified-Since", "If-Range", "Range");
    private static final String SPEAKING = "\nAccept-Encoding: gzip\nIf-None-Match: \"v1\"\nIf-Range: \"v1\""
            + "\nIf-Modified-Since: Tue, 24 Nov 2026 08:49:37 GMT\nRange: bytes=0-1";

    private static ScriptedServer backend;
    private static Listeners gateway;

    @BeforeAll
    static void start() throws IOException {
        backend = new ScriptedServer(conversation -> {
            for (String request = conversation.request(); request != null; request = conversation.request()) {
                String target = request.split(" ", 3)[1];
                String answer = answer(target.substring(target.lastIndexOf('/') + 1));
                conversation.say(answer);
                if (!answer.contains("Content-Length: ")) {
                    return; // no good, and to be cut
                }
            }
        });
        gateway = Listeners.dispatching(
                "sluice.routes.job.path=/job/{what}",
                "sluice.routes.job.backend=" + backend.uri(),
                "sluice.routes.job.mode=negotiate",
                "sluice.routes.job.attempts=2",
                "sluice.routes.job.backoff=1ms",
                "sluice.routes.job.max-backoff=1ms",
                "sluice.routes.plain.path=/plain/{what}",
                "sluice.routes.plain.backend=" + backend.uri(),
                "sluice.routes.plain.mode=sync");
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        backend.close();
    }

    private static String answer(String what) {
        return switch (what) {
            case "garbage" -> "garbage\r\n\r\n";
            case "large" -> "HTTP/1.1 200 OK\r\nX: " + "x".repeat(70_000) + "\r\n\r\n";
            case "chunks" -> "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n";
            case "cut" -> "HTTP/1.1 200 OK\r\nContent-Le";
            case "404" -> "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            default -> "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 5\r\n\r\nwhole";
        };
    }

    private static Wire.Reply call(String line, String fields) throws IOException {
        return Wire.call(gateway.port(), line + " HTTP/1.1\nHost: g" + fields);
    }

    private static List<String> heads(String target) {
        return backend.heads.stream()
                .filter(head -> head.contains(" " + target + " "))
                .toList();
    }

    /** What would be refused again is not asked for again, and says so; what was cut short is, and says so. */
    @ParameterizedTest
    @CsvSource({
        "garbage, backend-protocol-error, http_protocol_error, false, 1",
        "large, backend-answer-too-large, http_response_body_size, false, 1",
        "chunks, backend-protocol-error, http_protocol_error, false, 1",
        "cut, backend-protocol-error, http_response_incomplete, true, 2"
    })
    void anAnswerThatIsNoGood(String what, String problem, String error, boolean retryable, int calls)
            throws IOException {
        Wire.Reply reply = call("POST /job/" + what, "\nContent-Length: 0");
        assertProblem(reply, problem, error, retryable);
        assertThat(heads("/job/" + what)).hasSize(calls);

        JsonNode job = call("GET " + reply.job(), "").json();
        assertThat(job.get("attempt").asInt()).isEqualTo(calls);
        assertThat(job.get("failure")).isEqualTo(reply.json());
        assertThat(call("GET " + reply.job() + "/result", "").json()).isEqualTo(reply.json());

        if (!what.equals("chunks")) { // of which the head is passed on before
            assertProblem(call("POST /plain/" + what, "\nContent-Length: 0"), problem, error, retryable);
        }
    }

    private static void assertProblem(Wire.Reply reply, String problem, String error, boolean retryable) {
        assertThat(reply.status()).isEqualTo(502);
        assertThat(reply.problem()).isEqualTo(problem);
        assertThat(reply.json().get("retryable").asBoolean()).isEqualTo(retryable);
        assertThat(reply.field("Proxy-Status")).isEqualTo("sluice; error=" + error + "; details=\"" + problem + "\"");
    }

    @Test
    void aStatusThatTheRouteDoesNotRepeatIsNotWorthARepetition() throws IOException {
        Wire.Reply reply = call("POST /job/404", "\nContent-Length: 0");
        assertThat(reply.status()).isEqualTo(404);
        JsonNode failure = call("GET " + reply.job(), "").json().get("failure");
        assertThat(failure.get("type").asString()).endsWith(":backend-status");
        assertThat(failure.get("retryable").asBoolean()).isFalse();
    }

    @Test
    void whatSpeaksForOneReaderIsAppliedWhenTheResultIsRead() throws IOException {
        Wire.Reply direct = call("GET /job/ok", SPEAKING);
        assertThat(direct.status()).isEqualTo(200);
        assertThat(direct.text()).as("what everybody will get").isEqualTo("whole");
        String sent = heads("/job/ok").get(0);
        OF_ONE_READER.forEach(name -> assertThat(sent).doesNotContain("\r\n" + name));

        String result = "GET " + direct.job() + "/result";
        assertThat(call(result, SPEAKING).status()).isEqualTo(304);
        assertThat(call(result, "\nRange: bytes=0-1\nIf-Range: \"v1\"").text()).isEqualTo("wh");
        assertThat(call(result, "").text()).isEqualTo("whole");

        backend.heads.clear();
        call("PUT /job/ok", "\nContent-Length: 0\nIf-None-Match: *\nAccept-Encoding: gzip");
        assertThat(heads("/job/ok").get(0))
                .as("the condition of an unsafe method")
                .contains("\r\nIf-None-Match: *\r\n")
                .doesNotContain("Accept-Encoding");
        call("GET /plain/ok", SPEAKING);
        OF_ONE_READER.forEach(
                name -> assertThat(heads("/plain/ok").get(0)).as("not stored").contains("\r\n" + name + ": "));
    }

    @Test
    void whoLeavesAtOnceHasAJobLikeAnybodyElse() throws IOException {
        int clients = 20;
        double accepted = gateway.count("sluice.accepted", "route", "job");
        for (int i = 0; i < clients; i++) {
            try (Wire wire = new Wire(gateway.port())) {
                wire.send("POST /job/left HTTP/1.1\nHost: g\nPrefer: respond-async\nContent-Length: 2\n\nhi");
            }
        }
        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(heads("/job/left")).hasSize(clients);
            assertThat(gateway.count("sluice.accepted", "route", "job")).isEqualTo(accepted + clients);
        });
    }
}
