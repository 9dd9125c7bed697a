package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Event streams over HTTP. */
class EventsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.events.heartbeat=200ms",
                "sluice.events.buffer=64",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.work.attempts=1000000");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    /** Opens a stream and reads its head. */
    private static Wire.Reply open(Wire wire, JobId id, String query, String... fields) throws IOException {
        wire.send("GET /jobs/" + id + "/events" + query + " HTTP/1.1\nHost: g" + String.join("", fields) + "\n\n");
        return wire.readHead();
    }

    /** The next frame that is no heartbeat. */
    private static String frame(Wire wire) throws IOException {
        for (int beats = 0; beats < 50; beats++) {
            String frame = new String(wire.readChunk(), StandardCharsets.UTF_8);
            if (!frame.equals(":\n")) {
                return frame;
            }
        }
        throw new AssertionError("nothing but heartbeats");
    }

    private static List<String> numbers(Wire wire) throws IOException {
        List<String> ids = new ArrayList<>();
        for (String frame = frame(wire); !frame.isEmpty(); frame = frame(wire)) {
            if (frame.contains("\nid: ")) {
                ids.add(frame.substring(frame.indexOf("\nid: ") + 5, frame.length() - 2));
            }
        }
        return ids;
    }

    private static Job requeue(Job running, String detail) {
        return listeners.record(
                running,
                new Transition.Requeue(
                        RequeueReason.RETRY, Instant.EPOCH, new Failure(Problem.BACKEND_STATUS, detail)));
    }

    private static void cancel(JobId id) {
        listeners.journal().cancel(id).block(LIMIT);
    }

    @Test
    void tellsHistoryThenLiveThenCloses() throws IOException {
        JobId id = listeners.accept("/work");
        try (Wire wire = new Wire(listeners.port())) {
            Wire.Reply head = open(wire, id, "");
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.field("Content-Type")).isEqualTo("text/event-stream");
            assertThat(head.field("Cache-Control")).isEqualTo("no-store, no-transform");
            assertThat(head.field("X-Accel-Buffering")).isEqualTo("no");
            assertThat(head.field("Incremental")).isEqualTo("?1");
            assertThat(frame(wire)).matches(":\nretry: (2\\d\\d\\d|3000)\n");
            assertThat(frame(wire)).startsWith("event: accepted\ndata: {\"job\":\"" + id + "\",\"seq\":1,");
            Job job = listeners.claim("work");
            assertThat(frame(wire)).startsWith("event: started\ndata: {").endsWith("\"attempt\":1}\nid: 2\n\n");
            requeue(job, "503");
            assertThat(frame(wire))
                    .startsWith("event: requeued\n")
                    .contains("\"reason\":\"retry\"")
                    .endsWith("\nid: 3\n\n");
            cancel(id);
            assertThat(frame(wire))
                    .startsWith("event: cancelled\n")
                    .contains("\"state\":\"cancelled\"")
                    .endsWith("\nid: 4\n\n");
            assertThat(wire.readChunk()).isEmpty();
        }
    }

    @Test
    void theConnectionOfAShortStreamGoesOn() throws IOException {
        JobId id = listeners.accept("/work");
        cancel(id);
        try (Wire wire = new Wire(listeners.port())) {
            open(wire, id, "");
            assertThat(numbers(wire)).containsExactly("1", "2");
            assertThat(open(wire, id, "", "\nLast-Event-ID: 2").status()).isEqualTo(204);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', 123",
        "'?last_event_id=1', '', 23",
        "'', 1, 23",
        "'?last_event_id=2', 1, 23",
        "'?x=1&last_event_id=2', '', 3",
        "'?lastEventId=2', '', 3",
        "'?lastEventID=2', '', 3",
        "'?lastEventId=2', 1, 23",
        "'?lastEventId=nonsense', '', 123",
        "'', nonsense, 123",
        "'', -1, 123",
        "'?last_event_id=1', nonsense, 123",
        "'', 1.5, 123"
    })
    void goesOnAfterTheLastEventId(String query, String header, String expected) throws IOException {
        JobId id = listeners.accept("/work");
        listeners.claim("work");
        cancel(id);
        try (Wire wire = new Wire(listeners.port())) {
            open(wire, id, query, header.isEmpty() ? "" : "\nLast-Event-ID: " + header);
            assertThat(String.join("", numbers(wire))).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "3", "99999999999999999999999999"})
    void readersThatHaveSeenAllAreStoppedForGood(String last) throws IOException {
        JobId id = listeners.accept("/work");
        cancel(id);
        Wire.Reply reply =
                Wire.call(listeners.port(), "GET /jobs/" + id + "/events HTTP/1.1\nHost: g\nLast-Event-ID: " + last);
        assertThat(reply.status()).isEqualTo(204);
    }

    @Test
    void aNumberBeyondTheLastIsAsTheLast() throws IOException {
        JobId id = listeners.accept("/work");
        try (Wire wire = new Wire(listeners.port())) {
            open(wire, id, "", "\nLast-Event-ID: 77");
            frame(wire);
            listeners.claim("work");
            assertThat(frame(wire)).endsWith("\nid: 2\n\n");
            cancel(id);
        }
    }

    @Test
    void beatsWhileNothingHappens() throws IOException {
        JobId id = listeners.accept("/work");
        try (Wire wire = new Wire(listeners.port())) {
            open(wire, id, "");
            frame(wire);
            frame(wire);
            for (int i = 0; i < 3; i++) {
                assertThat(wire.readChunk()).isEqualTo(":\n".getBytes());
            }
        }
        cancel(id);
    }

    @Test
    void aReaderThatGoesIsForgotten() throws IOException {
        JobId id = listeners.accept("/work");
        double before = listeners.count("sluice.events.readers");
        try (Wire wire = new Wire(listeners.port())) {
            open(wire, id, "");
            frame(wire);
            assertThat(listeners.count("sluice.events.readers")).isEqualTo(before + 1);
        }
        Awaitility.await().atMost(LIMIT).until(() -> listeners.count("sluice.events.readers") == before);
        cancel(id);
    }

    @Test
    void aReaderThatDoesNotReadIsCutAndSlowsNobody() throws IOException {
        JobId id = listeners.accept("/work");
        double cut = listeners.count("sluice.events.slow.readers");
        try (Wire slow = new Wire(listeners.port(), 4096);
                Wire quick = new Wire(listeners.port())) {
            open(slow, id, "");
            open(quick, id, "");
            frame(quick);
            frame(quick);
            // Enough to fill what the kernel and the connection hold, then the reader's own buffer.
            String much = "x".repeat(50_000);
            int happened = 1;
            while (listeners.count("sluice.events.slow.readers") == cut) {
                requeue(listeners.claim("work"), much);
                happened += 2;
                assertThat(frame(quick)).endsWith("\nid: " + (happened - 1) + "\n\n");
                assertThat(frame(quick)).endsWith("\nid: " + happened + "\n\n");
                assertThat(happened).as("the slow reader is still there").isLessThan(4_000);
            }
            assertThat(slow.isClosed()).isTrue();
            cancel(id);
            assertThat(frame(quick)).contains("event: cancelled");
        }
        Awaitility.await().atMost(LIMIT).until(() -> listeners.count("sluice.events.readers") == 0);
    }

    @Test
    void manyReadersOfOneJobAllSeeItsEnd() throws IOException {
        JobId id = listeners.accept("/work");
        List<Wire> wires = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                Wire wire = new Wire(listeners.port());
                wires.add(wire);
                open(wire, id, "");
            }
            listeners.claim("work");
            cancel(id);
            for (Wire wire : wires) {
                assertThat(numbers(wire)).containsExactly("1", "2", "3");
            }
        } finally {
            for (Wire wire : wires) {
                wire.close();
            }
        }
    }
}
