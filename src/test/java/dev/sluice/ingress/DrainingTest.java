package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is served while the gateway is about to stop. */
class DrainingTest {

    /** From 10 to 15 s. */
    private static final String LATER = ":\nretry: (1[0-4]\\d\\d\\d|15000)\n";

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.narrow.path=/narrow",
                "sluice.routes.narrow.backend=http://localhost:1",
                "sluice.routes.narrow.consumes=text/plain",
                "sluice.routes.narrow.max-request=10B",
                "sluice.routes.narrow.idempotency=required",
                "sluice.routes.through.path=/through",
                "sluice.routes.through.mode=sync",
                "sluice.routes.through.backend=http://localhost:1");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    @Test
    void newWorkIsRefusedReadersAreSentAwayAndTheRestIsServed() throws IOException {
        assertThat(listeners.draining().getPhase()).as("stops before all else").isEqualTo(Integer.MAX_VALUE);
        JobId id = listeners.accept("/work");
        try (Wire live = new Wire(listeners.port())) {
            String events = "GET /jobs/" + id + "/events HTTP/1.1\nHost: g\n\n";
            live.send(events);
            live.readHead();
            assertThat(chunk(live)).startsWith(":\nretry: ");
            assertThat(chunk(live)).endsWith("\nid: 1\n\n");

            listeners.draining().stop();
            assertThat(chunk(live)).matches(LATER);
            assertThat(live.readChunk()).isEmpty();

            try (Wire late = new Wire(listeners.port())) {
                late.send(events);
                Wire.Reply reply = late.read();
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.field("Content-Type")).isEqualTo("text/event-stream");
                assertThat(reply.field("Connection")).isEqualTo("close");
                assertThat(reply.text()).as("and not the usual one").matches(LATER);
                assertThat(late.isClosed()).isTrue();
            }
        }
        for (String path : new String[] {"/work", "/through"}) {
            Wire.Reply refused = Wire.call(listeners.port(), "POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 0");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.problem()).isEqualTo("draining");
            assertThat(refused.field("Connection")).isEqualTo("close");
            assertThat(refused.field("Retry-After")).isEqualTo("5");
            assertThat(refused.field("Cache-Control")).isEqualTo("no-store");
            assertThat(refused.field("Vary")).isEqualTo(path.equals("/work") ? "Prefer" : null);
            assertThat(refused.json().get("retryable").asBoolean()).isTrue();
        }

        assertThat(call("OPTIONS /work", "Max-Forwards: 0").status()).isEqualTo(204);
        Wire.Reply trace = call("TRACE /through", "Max-Forwards: 0");
        assertThat(trace.status()).as("no new work").isEqualTo(200);
        assertThat(trace.all("Vary")).isEmpty();
        refused("unsupported-media-type", "POST /narrow", "Content-Length: 0");
        refused("body-too-large", "POST /narrow", "Content-Type: text/plain", "Content-Length: 11");
        refused("idempotency-key-missing", "POST /narrow", "Content-Type: text/plain", "Content-Length: 0");
        refused("callback-refused", "POST /work", "Sluice-Callback: http://a/", "Content-Length: 0");
        refused("bad-header", "POST /work", "Sluice-Delay: x", "Content-Length: 0");
        refused("bad-header", "POST /work", "Sluice-Deadline: 2001-01-01T00:00:00Z", "Content-Length: 0");

        assertThat(get("/nowhere").problem()).isEqualTo("no-route");

        assertThat(get("/jobs/" + id).status()).isEqualTo(200);
        assertThat(get("/jobs/" + id + "/result").status()).isEqualTo(202);
        Wire.Reply cancelled = Wire.call(listeners.port(), "DELETE /jobs/" + id + " HTTP/1.1\nHost: g");
        assertThat(cancelled.status()).isEqualTo(200);
    }

    private static void refused(String problem, String line, String... fields) throws IOException {
        Wire.Reply reply = call(line, fields);
        assertThat(reply.problem()).isEqualTo(problem);
        assertThat(reply.json().get("retryable").asBoolean()).isFalse();
    }

    private static Wire.Reply call(String line, String... fields) throws IOException {
        return Wire.call(listeners.port(), line + " HTTP/1.1\nHost: g\n" + String.join("\n", fields));
    }

    private static Wire.Reply get(String path) throws IOException {
        return Wire.call(listeners.port(), "GET " + path + " HTTP/1.1\nHost: g");
    }

    private static String chunk(Wire wire) throws IOException {
        return new String(wire.readChunk(), StandardCharsets.UTF_8);
    }
}
