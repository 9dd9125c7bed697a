package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** A node with as many readers as it may have sheds the next one, takes new work and answers its operator. */
class SheddingTest {

    private static Listeners listeners;
    private static JobId queued;

    @BeforeAll
    static void start() throws IOException {
        listeners = new Listeners(
                "sluice.ingress.max-reads=1",
                "sluice.ingress.max-long-polls=1",
                "sluice.ingress.max-streams=1",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.large.path=/large",
                "sluice.routes.large.backend=http://localhost:1",
                "sluice.routes.now.path=/now",
                "sluice.routes.now.backend=http://localhost:1",
                "sluice.routes.now.mode=negotiate");
        queued = listeners.accept("/work");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    @AfterEach
    void everyPlaceIsFreeAgain() {
        for (String kind : new String[] {"answer", "long-poll", "stream"}) {
            awaitNone(kind);
        }
    }

    private static void awaitNone(String kind) {
        QueueRig.until(() -> listeners.count("sluice.reads", "kind", kind) == 0);
    }

    private static Wire.Reply get(String target, String... fields) throws IOException {
        return Wire.call(listeners.port(), "GET " + target + " HTTP/1.1\nHost: g" + String.join("", fields));
    }

    private static void assertShed(Wire.Reply reply, String limit, double before) {
        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.problem()).isEqualTo("queue-full");
        assertThat(reply.json().get("retryable").asBoolean()).isTrue();
        assertThat(Integer.parseInt(reply.field("Retry-After"))).isBetween(1, 10);
        assertThat(listeners.count("sluice.refused", "limit", limit)).isEqualTo(before + 1);
    }

    private static void assertHealthyForItsOperator() throws IOException {
        Wire.Reply health =
                Wire.call(listeners.managementPort(), "GET /actuator/health/readiness HTTP/1.1\nHost: localhost");
        assertThat(health.status()).isEqualTo(200);
        assertThat(Wire.call(listeners.managementPort(), "GET /jobs HTTP/1.1\nHost: localhost")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void longPollsAreShedAndOthersAnsweredAtOnce() throws IOException {
        double before = listeners.count("sluice.refused", "limit", "long-polls");
        try (Wire first = new Wire(listeners.port())) {
            first.send("GET /jobs/" + queued + " HTTP/1.1\nHost: g\nPrefer: wait=30\n\n");
            listeners.awaitWaiting(1);
            assertShed(get("/jobs/" + queued, "\nPrefer: wait=30"), "long-polls", before);
            assertShed(get("/jobs/" + queued + "/result", "\nPrefer: wait=30"), "long-polls", before + 1);
            assertThat(get("/jobs/" + queued).status()).isEqualTo(200);
            assertHealthyForItsOperator();
            first.reset(); // a client that only closes is taken for one that half-closes, and may read on
        }
    }

    /** What was accepted is never refused: the request that made a job is answered with it. */
    @Test
    void aRequestThatCannotWaitForItsResponseIsAnsweredWithItsJob() throws IOException {
        try (Wire first = new Wire(listeners.port())) {
            first.send("GET /jobs/" + queued + " HTTP/1.1\nHost: g\nPrefer: wait=30\n\n");
            listeners.awaitWaiting(1);
            for (String preference : new String[] {"", "\nPrefer: respond-async, wait=30"}) {
                Wire.Reply accepted =
                        Wire.call(listeners.port(), "POST /now HTTP/1.1\nHost: g\nContent-Length: 0" + preference);
                assertThat(accepted.status()).isEqualTo(202);
                assertThat(accepted.field("Preference-Applied"))
                        .isEqualTo(preference.isEmpty() ? null : "respond-async");
            }
            first.reset();
        }
    }

    @Test
    void streamsAreToldToComeBackLater() throws IOException {
        double before = listeners.count("sluice.events.refused");
        try (Wire first = new Wire(listeners.port())) {
            first.send("GET /jobs/" + queued + "/events HTTP/1.1\nHost: g\n\n");
            assertThat(first.readHead().status()).isEqualTo(200);
            Wire.Reply later = Wire.call(listeners.port(), "GET /jobs/" + queued + "/events HTTP/1.1\nHost: g");
            assertThat(later.status()).isEqualTo(200);
            assertThat(later.field("Content-Type")).isEqualTo("text/event-stream");
            assertThat(later.field("Connection")).isEqualTo("close");
            assertThat(later.text()).matches(":\nretry: (1[0-4]\\d\\d\\d|15000)\n");
            assertThat(listeners.count("sluice.events.refused")).isEqualTo(before + 1);
            assertHealthyForItsOperator();
            first.reset();
        }
    }

    /** A client that takes nothing of a large result keeps its place, and no more than that. */
    @Test
    void readsAreShed() throws IOException {
        JobId done = listeners.accept("/large");
        byte[] piece = new byte[64 * 1024];
        listeners.answer(
                listeners.claim("large"),
                200,
                null,
                Headers.NONE,
                Flux.range(0, 160).map(i -> piece));
        double before = listeners.count("sluice.refused", "limit", "reads");
        try (Wire first = new Wire(listeners.port(), 4096)) {
            first.send("GET /jobs/" + done + "/result HTTP/1.1\nHost: g\n\n");
            assertThat(first.readHead().status()).isEqualTo(200);
            assertShed(get("/jobs/" + queued), "reads", before);
            assertShed(get("/jobs/" + queued + "/operation"), "reads", before + 1);
            assertThat(listeners.accept("/work")).as("new work is taken").isNotNull();
            assertHealthyForItsOperator();
        }
        awaitNone("answer");
        assertThat(get("/jobs/" + queued).status()).isEqualTo(200);
    }
}
