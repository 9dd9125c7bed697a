package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.protection.RouteEvent;
import dev.sluice.protection.RouteEvents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The live events of all jobs. */
class AllEventsTest {

    private static Operator operator;

    @BeforeAll
    static void start() {
        operator = new Operator(
                "sluice.events.heartbeat=200ms", "sluice.events.buffer=16", "sluice.routes.b.attempts=1000000");
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    /** Opens a stream and reads its head and its first frame: from then on it hears everything. */
    private static Wire.Reply open(Wire wire, String query) throws IOException {
        wire.send("GET /events" + query + " HTTP/1.1\nHost: localhost\n\n");
        Wire.Reply head = wire.readHead();
        assertThat(new String(wire.readChunk(), StandardCharsets.UTF_8)).matches(":\nretry: (2\\d\\d\\d|3000)\n");
        return head;
    }

    /** The next frame that is no heartbeat. */
    private static String frame(Wire wire) throws IOException {
        for (int beats = 0; beats < 100; beats++) {
            String frame = new String(wire.readChunk(), StandardCharsets.UTF_8);
            if (!frame.equals(":\n")) {
                return frame;
            }
        }
        throw new AssertionError("nothing but heartbeats");
    }

    private static void requeue(Job running, String detail) {
        operator.listeners.record(
                running,
                new Transition.Requeue(
                        RequeueReason.RETRY, Instant.EPOCH, new Failure(Problem.BACKEND_STATUS, detail)));
    }

    private Wire wire() throws IOException {
        return new Wire(operator.listeners.managementPort());
    }

    @Test
    void tellsWhatHappensToAnyJobFromNowOn() throws IOException {
        operator.failed("a"); // before: not told
        try (Wire wire = wire()) {
            Wire.Reply head = open(wire, "");
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.field("Content-Type")).isEqualTo("text/event-stream");
            assertThat(head.field("Cache-Control")).isEqualTo("no-store, no-transform");
            assertThat(head.field("X-Accel-Buffering")).isEqualTo("no");
            JobId first = operator.accept("a");
            JobId second = operator.accept("b");
            assertThat(frame(wire))
                    .startsWith("event: accepted\ndata: {\"job\":\"" + first + "\",\"seq\":1,")
                    .endsWith("}\n\n")
                    .doesNotContain("id:");
            assertThat(frame(wire)).startsWith("event: accepted\ndata: {\"job\":\"" + second + "\",\"seq\":1,");
            operator.fail("a");
            assertThat(frame(wire)).startsWith("event: started\ndata: {\"job\":\"" + first + "\",\"seq\":2,");
            assertThat(frame(wire)).startsWith("event: failed\ndata: {\"job\":\"" + first + "\",\"seq\":3,");
            operator.cancel(second);
            assertThat(frame(wire)).startsWith("event: cancelled\ndata: {\"job\":\"" + second + "\",\"seq\":2,");
            for (int beats = 0; beats < 3; beats++) {
                assertThat(wire.readChunk()).isEqualTo(":\n".getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    @Test
    void tellsWhatIsAskedFor() throws IOException {
        try (Wire route = wire();
                Wire queued = wire();
                Wire running = wire();
                Wire failed = wire()) {
            open(route, "?route=b");
            open(queued, "?state=queued&route=b");
            open(running, "?state=running");
            open(failed, "?state=failed");
            JobId ends = operator.failed("a");
            JobId goesOn = operator.accept("b");
            requeue(operator.listeners.claim("b"), "503");
            operator.cancel(goesOn);

            assertThat(frame(route)).contains("event: accepted", goesOn.toString());
            assertThat(frame(route)).contains("event: started");
            assertThat(frame(route)).contains("event: requeued");
            assertThat(frame(route)).contains("event: cancelled");
            assertThat(frame(queued)).contains("event: accepted", goesOn.toString());
            assertThat(frame(queued)).contains("event: requeued", goesOn.toString());
            assertThat(frame(running)).contains("event: started", ends.toString());
            assertThat(frame(running)).contains("event: started", goesOn.toString());
            assertThat(frame(failed)).contains("event: failed", ends.toString());
        }
    }

    @Test
    void tellsWhatHappensToRoutes() throws IOException {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("note", "a \"b\"\n\u2028");
        details.put("until", Instant.EPOCH);
        details.put("calls", 3);
        details.put("first", true);
        try (Wire all = wire();
                Wire other = wire();
                Wire queued = wire()) {
            open(all, "");
            open(other, "?route=b");
            open(queued, "?state=queued");
            operator.listeners.publish(context -> {
                RouteEvents events = context.getBean(RouteEvents.class);
                events.publish(new RouteEvent("a", Instant.EPOCH, "held", details));
                events.publish(new RouteEvent("b", Instant.EPOCH, "released", Map.of()));
            });
            JobId id = operator.accept("b");
            assertThat(frame(all))
                    .isEqualTo(
                            "event: route\ndata: {\"route\":\"a\",\"at\":\"1970-01-01T00:00:00.000Z\",\"change\":\"held\","
                                    + "\"note\":\"a \\\"b\\\"\\u000a\\u2028\",\"until\":\"1970-01-01T00:00:00.000Z\",\"calls\":3,"
                                    + "\"first\":true}\n\n");
            assertThat(frame(all)).startsWith("event: route\ndata: {\"route\":\"b\",");
            assertThat(frame(other)).startsWith("event: route\ndata: {\"route\":\"b\",");
            assertThat(frame(queued)).startsWith("event: accepted\n").contains(id.toString());
            operator.cancel(id);
        }
    }

    @Test
    void aReaderThatTakesNoEventsOfRoutesIsCut() throws IOException {
        double cut = operator.listeners.count("sluice.events.slow.readers");
        try (Wire slow = new Wire(operator.listeners.managementPort(), 4096)) {
            open(slow, "?route=a");
            RouteEvent large = new RouteEvent("a", Instant.EPOCH, "held", Map.of("note", "x".repeat(50_000)));
            operator.listeners.publish(context -> {
                RouteEvents events = context.getBean(RouteEvents.class);
                for (int i = 0; i < 4_000 && operator.listeners.count("sluice.events.slow.readers") == cut; i++) {
                    events.publish(large);
                }
            });
            assertThat(operator.listeners.count("sluice.events.slow.readers")).isGreaterThan(cut);
            assertThat(slow.isClosed()).isTrue();
        }
    }

    @Test
    void aReaderThatDoesNotReadIsCutAndSlowsNobody() throws IOException {
        double cut = operator.listeners.count("sluice.events.slow.readers");
        try (Wire slow = new Wire(operator.listeners.managementPort(), 4096);
                Wire quick = wire()) {
            open(slow, "?route=b");
            open(quick, "?route=b&state=queued");
            JobId id = operator.accept("b");
            assertThat(frame(quick)).contains("event: accepted");
            // Enough to fill what the kernel and the connection hold, then the buffers.
            String much = "x".repeat(50_000);
            int rounds = 0;
            while (operator.listeners.count("sluice.events.slow.readers") == cut) {
                requeue(operator.listeners.claim("b"), much);
                assertThat(frame(quick)).contains("event: requeued");
                assertThat(++rounds).as("the slow reader is still there").isLessThan(4_000);
            }
            assertThat(slow.isClosed()).isTrue();
            operator.cancel(id);
        }
    }

    @Test
    void refusesWhatItDoesNotKnow() throws IOException {
        assertThat(operator.get("/events?state=done").problem()).isEqualTo("bad-request");
        assertThat(operator.get("/events?from=2026-11-23T13:41:07Z")
                        .json()
                        .get("detail")
                        .asString())
                .contains("from");
    }

    @Test
    void endsWhenTheGatewayStops() throws IOException {
        Operator other = new Operator();
        try (Wire wire = new Wire(other.listeners.managementPort())) {
            open(wire, "");
            other.close();
            assertThat(wire.readChunk()).isEmpty();
        }
    }
}
