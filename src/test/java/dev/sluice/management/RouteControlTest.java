package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.ingress.Description;
import dev.sluice.ingress.Wire;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.protection.EndedCall;
import dev.sluice.protection.Holds;
import dev.sluice.route.CurrentRoutes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What operators hold back: routes, and this node. */
class RouteControlTest {

    private static Operator operator;
    private static Description description;

    @BeforeAll
    static void start() throws IOException {
        operator = new Operator();
        description = new Description(operator.get("/openapi.json").body());
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    @AfterEach
    void resume() throws IOException {
        for (String path : List.of("/routes/a/resume", "/routes/a/release", "/undrain")) {
            assertThat(operator.post(path).status()).isEqualTo(200);
        }
    }

    private static Wire.Reply pause(String fields, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return Wire.call(
                operator.listeners.managementPort(),
                "POST /routes/a/pause HTTP/1.1\nHost: localhost\nContent-Length: " + bytes.length + fields,
                bytes);
    }

    private static JsonNode route(String id) throws IOException {
        return operator.get("/routes")
                .json()
                .get("routes")
                .valueStream()
                .filter(route -> route.get("id").asString().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode health() throws IOException {
        return operator.get("/actuator/health").json().get("components");
    }

    @Test
    void aRouteIsPausedWithANoteAndResumed() throws IOException {
        assertThat(route("a").get("paused").asBoolean()).isFalse();
        Wire.Reply paused = pause("\nContent-Type: application/json; charset=utf-8", "{\"note\": \"new disks é\"}");
        assertThat(paused.status()).as(paused.text()).isEqualTo(200);
        description.check("POST", "/routes/{id}/pause", paused);
        JsonNode json = paused.json();
        assertThat(json.get("id").asString()).isEqualTo("a");
        assertThat(json.get("paused").asBoolean()).isTrue();
        assertThat(json.get("note").asString()).isEqualTo("new disks é");
        assertThat(Instant.parse(json.get("pausedAt").asString()))
                .isCloseTo(Instant.now(), org.assertj.core.api.Assertions.within(1, ChronoUnit.HOURS));
        Wire.Reply all = operator.get("/routes");
        description.check("GET", "/routes", all);
        assertThat(route("a").get("note")).isEqualTo(json.get("note"));
        assertThat(route("b").get("paused").asBoolean()).isFalse();
        assertThat(health().at("/holds/details/a/note").asString()).isEqualTo("new disks é");
        assertThat(health().at("/holds/details/b").isMissingNode()).isTrue();
        assertThat(health().at("/holds/status").asString()).isEqualTo("UP");
        assertThat(operator.listeners.count("sluice.route.paused", "route", "a"))
                .isEqualTo(1);
        JobId accepted = operator.accept("a"); // accepting goes on

        Wire.Reply resumed = operator.post("/routes/a/resume");
        description.check("POST", "/routes/{id}/resume", resumed);
        assertThat(resumed.json().get("paused").asBoolean()).isFalse();
        assertThat(resumed.json().has("note")).isFalse();
        assertThat(operator.listeners.count("sluice.route.paused", "route", "a"))
                .isZero();
        operator.cancel(accepted);
    }

    @Test
    void aPauseNeedsNoBodyAndRefusesWhatIsNoNote() throws IOException {
        assertThat(operator.post("/routes/a/pause").json().has("note")).isFalse();
        String json = "\nContent-Type: application/json";
        assertThat(pause(json, "{}").status()).isEqualTo(200);
        assertThat(pause(json, "{\"note\":\"" + "x".repeat(500) + "\"}").status())
                .isEqualTo(200);
        for (String body : List.of(
                "{\"note\":\"" + "x".repeat(501) + "\"}",
                "{\"note\":1}",
                "{\"why\":\"x\"}",
                "{\"note\":\"a\",\"until\":\"b\"}",
                "[]",
                "{\"note\":",
                "\"note\"")) {
            assertRefused(pause(json, body), 400, "bad-request");
        }
        assertRefused(pause("", "{}"), 415, "unsupported-media-type");
        assertRefused(pause("\nContent-Type: text/plain", "{}"), 415, "unsupported-media-type");
        assertRefused(pause(json, "{\"note\":\"" + "x".repeat(9_000) + "\"}"), 413, "body-too-large");
        assertRefused(pause(json + "\nOrigin: http://elsewhere", "{}"), 400, "bad-request");
        assertRefused(operator.post("/routes/a/pause?note=x"), 400, "bad-request");
    }

    private static void assertRefused(Wire.Reply reply, int status, String problem) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(status);
        assertThat(reply.problem()).isEqualTo(problem);
        description.check("POST", "/routes/{id}/pause", reply);
    }

    @Test
    void aRouteThatDoesNotExistIsNone() throws IOException {
        for (String verb : List.of("pause", "resume", "release")) {
            Wire.Reply reply = operator.post("/routes/c/" + verb);
            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.problem()).isEqualTo("no-route");
            description.check("POST", "/routes/{id}/" + verb, reply);
        }
    }

    @Test
    void holdsAreShownAndLifted() throws IOException {
        JobId id = operator.accept("a");
        operator.listeners.publish(context -> {
            Job job = operator.listeners.claim("a");
            var policy =
                    context.getBean(CurrentRoutes.class).byId("a").orElseThrow().call();
            Instant now = context.getBean(Clock.class).instant();
            Holds holds = context.getBean(Holds.class);
            for (EndedCall.End end : List.of(EndedCall.End.LIMITED, EndedCall.End.UNAVAILABLE)) {
                holds.ended(policy, new EndedCall(job, end, Duration.ZERO, 0, now.plusSeconds(600)), now);
            }
        });
        Wire.Reply all = operator.get("/routes");
        description.check("GET", "/routes", all);
        JsonNode holds = route("a").get("holds");
        assertThat(holds.at("/0/reason").asString()).isEqualTo("unavailable");
        assertThat(holds.at("/0").has("caller")).isFalse();
        assertThat(holds.at("/1/reason").asString()).isEqualTo("limited");
        assertThat(holds.at("/1/caller").asString()).matches("[0-9a-f]{16}");
        assertThat(Instant.parse(holds.at("/1/until").asString()))
                .isAfter(Instant.parse(holds.at("/1/since").asString()));
        assertThat(route("a").get("heldCallers").asInt()).isEqualTo(1);
        assertThat(health().at("/holds/details/a/heldUntil").asString()).isNotEmpty();
        assertThat(operator.listeners.count("sluice.route.held", "route", "a")).isEqualTo(1);
        assertThat(operator.listeners.count("sluice.route.held.callers", "route", "a"))
                .isEqualTo(1);

        Wire.Reply released = operator.post("/routes/a/release");
        description.check("POST", "/routes/{id}/release", released);
        assertThat(released.json().has("holds")).isFalse();
        assertThat(route("a").has("heldCallers")).isFalse();
        operator.cancel(id);
    }

    @Test
    void aDrainedNodeTakesNoNewWorkAndIsNotReady() throws IOException {
        JobId id = operator.accept("a");
        Wire.Reply before = operator.get("/drain");
        description.check("GET", "/drain", before);
        assertThat(before.json().get("draining").asBoolean()).isFalse();
        for (int i = 0; i < 2; i++) {
            Wire.Reply draining = operator.post("/drain");
            description.check("POST", "/drain", draining);
            assertThat(draining.json().get("draining").asBoolean()).isTrue();
            assertThat(draining.json().get("running").asInt()).isZero();
        }
        Wire.Reply refused =
                Wire.call(operator.listeners.port(), "POST /a HTTP/1.1\nHost: g\nContent-Length: 1", new byte[] {'x'});
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.problem()).isEqualTo("draining");
        assertThat(refused.field("Retry-After")).isNotNull();
        assertThat(Wire.call(operator.listeners.port(), "GET /jobs/" + id + " HTTP/1.1\nHost: g")
                        .status())
                .as("jobs are read")
                .isEqualTo(200);
        try (Wire events = new Wire(operator.listeners.port())) {
            events.send("GET /jobs/" + id + "/events HTTP/1.1\nHost: g\n\n");
            assertThat(events.readHead().status()).isEqualTo(200);
            operator.cancel(id);
            StringBuilder seen = new StringBuilder();
            while (!seen.toString().contains("event: cancelled")) {
                byte[] chunk = events.readChunk();
                assertThat(chunk).as("the stream goes on").isNotEmpty();
                seen.append(new String(chunk, StandardCharsets.UTF_8));
            }
        }
        assertThat(operator.get("/actuator/health/readiness").status()).isEqualTo(503);
        assertThat(operator.get("/actuator/health/liveness").status()).isEqualTo(200);

        Wire.Reply undrained = operator.post("/undrain");
        description.check("POST", "/undrain", undrained);
        assertThat(undrained.json().get("draining").asBoolean()).isFalse();
        await().atMost(Operator.LIMIT)
                .untilAsserted(() -> assertThat(
                                operator.get("/actuator/health/readiness").status())
                        .isEqualTo(200));
        operator.cancel(operator.accept("a"));
    }
}
