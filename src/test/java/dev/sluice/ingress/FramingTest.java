package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.ScriptedServer;
import dev.sluice.ingress.Wire.Reply;
import dev.sluice.job.JobId;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What says where a message ends, how old it is and whether it may be kept is right on every answer (RFC 9110, 9111, 9112). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FramingTest {

    private ScriptedServer backend;
    private Listeners listeners;
    private JobId waiting;
    private JobId finished;
    private JobId cancelled;
    private JobId erased;

    @BeforeAll
    void start() throws IOException {
        backend = new ScriptedServer(conversation -> {
            for (String head = conversation.request(); head != null; head = conversation.request()) {
                boolean ofHead = head.startsWith("HEAD");
                conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 4321\r\n\r\n" + (ofHead ? "" : "x".repeat(4321)));
            }
        });
        listeners = Listeners.dispatching(
                "sluice.ingress.max-wait=10s",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.methods=POST",
                "sluice.routes.work.backend=" + backend.uri(),
                "sluice.routes.negotiate.path=/negotiate",
                "sluice.routes.negotiate.mode=negotiate",
                "sluice.routes.negotiate.backend=" + backend.uri(),
                "sluice.routes.sync.path=/sync",
                "sluice.routes.sync.mode=sync",
                "sluice.routes.sync.backend=" + backend.uri());
        waiting = make("Sluice-Delay: 1h");
        cancelled = make("Sluice-Delay: 1h");
        call("DELETE /jobs/" + cancelled);
        finished = make("Sluice-Delay: 0s");
        erased = make("Sluice-Delay: 1h");
        call("DELETE /jobs/" + erased + "?erase=true");
        Reply result = call("GET /jobs/" + finished + "/result", "Prefer: wait=10");
        assertThat(result.status()).isEqualTo(200);
    }

    @AfterAll
    void stop() throws IOException {
        listeners.close();
        backend.close();
    }

    private JobId make(String field) throws IOException {
        return Listeners.id(call("POST /work", "Content-Length: 0", field));
    }

    private Reply call(String line, String... fields) throws IOException {
        return Wire.call(
                listeners.port(),
                line + " HTTP/1.1\nHost: g" + (fields.length == 0 ? "" : "\n" + String.join("\n", fields)));
    }

    static List<String> targets() {
        return List.of(
                "/jobs/<waiting>",
                "/jobs/<waiting>/result",
                "/jobs/<finished>",
                "/jobs/<finished>/result",
                "/jobs/<finished>/operation",
                "/jobs/<cancelled>/result",
                "/jobs/<erased>",
                "/jobs/<erased>/events",
                "/jobs/x",
                "/jobs/openapi.json",
                "/nothing",
                "/sync",
                "/negotiate");
    }

    private String at(String target) {
        return target.replace("<waiting>", waiting.toString())
                .replace("<finished>", finished.toString())
                .replace("<cancelled>", cancelled.toString())
                .replace("<erased>", erased.toString());
    }

    @ParameterizedTest
    @MethodSource("targets")
    void headSaysWhatGetWouldHave(String target) throws IOException {
        Reply get = call("GET " + at(target));
        Reply head = call("HEAD " + at(target));
        assertThat(head.status()).isEqualTo(get.status());
        assertThat(head.field("Content-Length")).isEqualTo(Integer.toString(get.body().length));
        for (String name : new String[] {"Content-Type", "ETag", "Cache-Control", "Vary", "Allow", "Accept-Ranges"}) {
            assertThat(head.all(name)).as(name).isEqualTo(get.all(name));
        }
        assertThat(head.field("Date")).isNotNull();
        assertThat(head.field("Transfer-Encoding")).isNull();
    }

    @Test
    void theLengthThatHeadWasToldIsKeptAndNobodyTakesItForThatOfABody() throws IOException {
        Reply head = call("HEAD /negotiate");
        assertThat(head.field("Content-Length")).isEqualTo("4321");
        String link = head.field("Link");
        Reply result = call("GET " + link.substring(1, link.indexOf('>')) + "/result");
        assertThat(result.field("Content-Length")).isEqualTo("0");
    }

    @ParameterizedTest
    @MethodSource("targets")
    void noErrorIsKept(String target) throws IOException {
        Reply get = call("GET " + at(target));
        if (get.status() >= 400) {
            assertThat(get.field("Cache-Control")).isEqualTo("no-store");
            assertThat(get.field("ETag")).isNull();
        }
    }

    @Test
    void theEndOfTheEventsIsNotKept() throws IOException {
        Reply end = call("GET /jobs/" + finished + "/events", "Last-Event-ID: 999");
        assertThat(end.status()).isEqualTo(204);
        assertThat(end.field("Cache-Control")).isEqualTo("no-store");
        assertThat(end.field("Content-Length")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/jobs/<finished>", "/jobs/<finished>/result", "/jobs/openapi.json"})
    void whatIsUnchangedSaysAsMuchOfItselfAsWhatIsNot(String target) throws IOException {
        Reply get = call("GET " + at(target));
        Reply same = call("GET " + at(target), "If-None-Match: " + get.field("ETag"));
        assertThat(same.status()).isEqualTo(304);
        for (String name : new String[] {"ETag", "Cache-Control", "Vary", "Content-Location"}) {
            assertThat(same.all(name)).as(name).isEqualTo(get.all(name));
        }
        assertThat(same.field("Content-Length")).isNull();
        assertThat(same.field("Date")).isNotNull();
    }

    @Test
    void anOldReaderOfEventsIsNotSentChunks() throws IOException {
        JobId id = make("Sluice-Delay: 1h");
        try (Wire wire = new Wire(listeners.port())) {
            wire.send("GET /jobs/" + id + "/events HTTP/1.0\nHost: g\nConnection: keep-alive\n\n");
            Reply head = wire.readHead();
            assertThat(head.field("Transfer-Encoding")).isNull();
            assertThat(head.field("Connection")).isEqualTo("close");
            call("DELETE /jobs/" + id);
            String all = new String(wire.readToEnd());
            assertThat(all)
                    .contains("retry: ")
                    .contains("event: cancelled\ndata: {")
                    .endsWith("}\nid: 2\n\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /sync HTTP/3.0\nHost: g\n\n",
                "CONNECT g:1 HTTP/1.1\nHost: g\n\n",
                "GET /sync HTTP/1.1\nHost: g\nTransfer-Encoding: x\n\n",
                "GET /sync HTTP/1.1\nHost: g\nSec-WebSocket-Key1: 1\nSec-WebSocket-Key2: 2\n\nGET /sync HTTP/1.1\n",
                "GET /sync HTTP/1.1\nHost : g\n\n",
                "GET /sync/.. HTTP/1.1\nHost: g\n\n"
            })
    void whatCannotBeReadIsAnsweredInOrderToo(String request) throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            Reply reply = wire.send(request).read();
            assertThat(reply.status()).isIn(400, 501, 505);
            assertThat(reply.field("Date")).isNotNull();
            assertThat(reply.field("Content-Length")).isEqualTo(Integer.toString(reply.body().length));
            assertThat(reply.field("Connection")).isEqualTo("close");
        }
    }
}
