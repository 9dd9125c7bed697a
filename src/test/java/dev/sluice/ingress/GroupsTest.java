package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Progress;
import dev.sluice.job.Transition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/** Groups over HTTP. */
class GroupsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String UNKNOWN = "01m84a74dkhs5y1mf0nh73hqjn";

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.events.heartbeat=200ms",
                "sluice.groups.limit=1000/s",
                "sluice.ingress.cors.allowed-origins=https://app.example",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.work.attempts=1000",
                "sluice.routes.wordy.path=/wordy",
                "sluice.routes.wordy.backend=http://localhost:1",
                "sluice.routes.plain.path=/plain",
                "sluice.routes.plain.backend=http://localhost:1",
                "sluice.routes.plain.mode=sync");
        listeners.estimator().observed("work", Duration.ofSeconds(1));
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static Wire.Reply call(String method, String path, String... fields) throws IOException {
        String more = fields.length == 0 ? "" : "\n" + String.join("\n", fields);
        return Wire.call(listeners.port(), method + " " + path + " HTTP/1.1\nHost: g" + more);
    }

    private static Wire.Reply post(String path, String body, String... fields) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String more = fields.length == 0 ? "" : "\n" + String.join("\n", fields);
        return Wire.call(
                listeners.port(), "POST " + path + " HTTP/1.1\nHost: g\nContent-Length: " + bytes.length + more, bytes);
    }

    private static String create(String body) throws IOException {
        Wire.Reply reply = post("/groups", body);
        assertThat(reply.status()).isEqualTo(201);
        return reply.json().get("id").asString();
    }

    private static JobId send(String group) throws IOException {
        Wire.Reply reply = post("/work", "body", "Sluice-Group: " + group);
        assertThat(reply.status()).isEqualTo(202);
        assertThat(reply.json().get("group").asString()).isEqualTo(group);
        return Listeners.id(reply);
    }

    private static void work(int status) {
        listeners.answer(listeners.claim("work"), status, null, Headers.NONE, Flux.just("ok".getBytes()));
    }

    private static void cancel(JobId id) {
        listeners.journal().cancel(id).block(LIMIT);
    }

    private static JsonNode get(String group) throws IOException {
        Wire.Reply reply = call("GET", "/groups/" + group);
        assertThat(reply.status()).isEqualTo(200);
        return reply.json();
    }

    @Test
    void isCreatedAndShown() throws IOException {
        Wire.Reply created = post("/groups", "{\"label\":\"thumbnails\",\"size\":50,\"keep\":\"2h\"}");
        assertThat(created.status()).isEqualTo(201);
        String id = created.json().get("id").asString();
        assertThat(id).hasSize(26);
        assertThat(created.field("Location")).isEqualTo("/groups/" + id);
        assertThat(created.field("Cache-Control")).isEqualTo("no-store");
        Wire.Reply shown = call("GET", "/groups/" + id);
        assertThat(shown.text()).isEqualTo(created.text());
        assertThat(shown.json().get("label").asString()).isEqualTo("thumbnails");
        assertThat(shown.json().get("state").asString()).isEqualTo("open");
        assertThat(shown.json().get("size").asInt()).isEqualTo(50);
        assertThat(shown.field("ETag")).isEqualTo("W/\"g1\"");
        assertThat(shown.field("Cache-Control")).isEqualTo("no-cache");
        assertThat(Integer.parseInt(shown.field("Retry-After"))).isPositive();
        Wire.Reply head = call("HEAD", "/groups/" + id);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.field("Content-Length")).isEqualTo(Integer.toString(shown.body().length));
        assertThat(call("GET", "/groups/" + id, "If-None-Match: W/\"g1\"").status())
                .isEqualTo(304);
    }

    @Test
    void isCreatedByNothing() throws IOException {
        assertThat(call("POST", "/groups", "Content-Length: 0").status()).isEqualTo(201);
        assertThat(get(create("{}")).has("label")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "nonsense",
                "{\"lable\":\"x\"}",
                "{\"label\":1}",
                "{\"size\":0}",
                "{\"size\":1.5}",
                "{\"size\":\"5\"}",
                "{\"size\":10000001}",
                "{\"keep\":3600}",
                "{\"keep\":\"soon\"}",
                "{\"keep\":\"31d\"}",
                "{\"keep\":\"0s\"}",
                "{} {}"
            })
    void whatCannotBeUsedIsRefused(String body) throws IOException {
        Wire.Reply reply = post("/groups", body);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.problem()).isEqualTo("bad-request");
    }

    @Test
    void aLabelIsBoundedInCharacters() throws IOException {
        String most = "é".repeat(199) + "😀";
        assertThat(get(create("{\"label\":\"" + most + "\"}")).get("label").asString())
                .isEqualTo(most);
        assertThat(post("/groups", "{\"label\":\"" + most + "x\"}").status()).isEqualTo(400);
        assertThat(post("/groups", " ".repeat(5000)).problem()).isEqualTo("body-too-large");
    }

    @Test
    void followsItsJobsToTheEnd() throws IOException {
        String group = create("{\"size\":3}");
        JobId first = send(group);
        JobId second = send(group);
        assertThat(get(group).get("jobs").toString())
                .isEqualTo("{\"total\":2,\"queued\":2,\"running\":0,\"succeeded\":0,\"failed\":0,\"cancelled\":0}");
        work(200);
        JsonNode shown = get(group);
        assertThat(shown.get("percent").asDouble()).isEqualTo(33.33);
        assertThat(shown.get("estimate").get("finishAt").asString()).isNotEmpty();
        send(group);
        assertThat(get(group).get("state").asString()).isEqualTo("closed");
        assertThat(post("/work", "body", "Sluice-Group: " + group).problem()).isEqualTo("group-closed");
        cancel(second);
        work(200);
        shown = get(group);
        assertThat(shown.get("state").asString()).isEqualTo("finished");
        assertThat(shown.get("jobs").toString())
                .isEqualTo("{\"total\":3,\"queued\":0,\"running\":0,\"succeeded\":2,\"failed\":0,\"cancelled\":1}");
        assertThat(shown.get("percent").asDouble()).isEqualTo(100);
        Instant finished = Instant.parse(shown.get("finishedAt").asString());
        assertThat(Instant.parse(shown.get("expiresAt").asString())).isEqualTo(finished.plus(Duration.ofHours(24)));
        assertThat(call("GET", "/groups/" + group).all("Retry-After")).isEmpty();
        call("DELETE", "/jobs/" + first + "?erase=true");
        assertThat(get(group).get("jobs").get("total").asInt())
                .as("an erased job stays counted")
                .isEqualTo(3);
    }

    @Test
    void listsItsJobsInOrder() throws IOException {
        String group = create("");
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            sent.add(send(group).toString());
        }
        cancel(JobId.parse(sent.get(1)).orElseThrow());
        Wire.Reply page = call("GET", "/groups/" + group + "/jobs?limit=2");
        List<String> all = new ArrayList<>(ids(page));
        assertThat(all).hasSize(2);
        while (page.json().has("next")) {
            String next = page.field("Link");
            assertThat(next).endsWith("&cursor=" + page.json().get("next").asString() + ">; rel=\"next\"");
            page = call("GET", next.substring(1, next.indexOf('>')));
            all.addAll(ids(page));
        }
        assertThat(all).isEqualTo(sent);
        assertThat(ids(call("GET", "/groups/" + group + "/jobs?state=cancelled")))
                .containsExactly(sent.get(1));
        assertThat(ids(call("GET", "/groups/" + group + "/jobs?state=queued"))).hasSize(4);
        assertThat(call("HEAD", "/groups/" + group + "/jobs").status()).isEqualTo(200);
        for (String bad : List.of("state=done", "limit=0", "limit=501", "limit=x", "cursor=x", "cursor=-1")) {
            assertThat(call("GET", "/groups/" + group + "/jobs?" + bad).problem())
                    .isEqualTo("bad-request");
        }
        call("DELETE", "/groups/" + group);
    }

    @Test
    void aPageOfJobsIsBoundedInBytes() throws IOException {
        String group = create("");
        List<String> sent = new ArrayList<>();
        Progress wordy = new Progress(null, "\u0001".repeat(Progress.LONGEST_MESSAGE)); // six bytes each
        for (int i = 0; i < 50; i++) {
            sent.add(Listeners.id(post("/wordy", "", "Sluice-Group: " + group)).toString());
            listeners.record(listeners.claim("wordy"), new Transition.Report(wordy, null));
        }
        Wire.Reply page = call("GET", "/groups/" + group + "/jobs?limit=500");
        assertThat(page.body()).hasSizeBetween(100_000, 140_000);
        List<String> all = new ArrayList<>(ids(page));
        String next = page.field("Link");
        all.addAll(ids(call("GET", next.substring(1, next.indexOf('>')))));
        assertThat(all).isEqualTo(sent);
    }

    private static List<String> ids(Wire.Reply page) {
        assertThat(page.status()).isEqualTo(200);
        return StreamSupport.stream(page.json().get("jobs").spliterator(), false)
                .map(job -> job.get("id").asString())
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"nonsense, 400, bad-header", UNKNOWN + ", 404, no-group"})
    void aGroupThatIsNotThereTakesNoJob(String group, int status, String problem) throws IOException {
        for (String body : List.of("body", "x".repeat(100_000))) {
            Wire.Reply reply = post("/work", body, "Sluice-Group: " + group);
            assertThat(reply.status()).isEqualTo(status);
            assertThat(reply.problem()).isEqualTo(problem);
        }
        assertThat(post("/work", "body", "Sluice-Group: " + UNKNOWN, "Sluice-Group: " + UNKNOWN)
                        .problem())
                .isEqualTo("bad-header");
    }

    @Test
    void aLargeBodyIsRefusedBeforeItIsSent() throws IOException {
        String group = create("");
        call("POST", "/groups/" + group + "/close");
        for (String id : List.of(group, UNKNOWN)) {
            try (Wire wire = new Wire(listeners.port())) {
                wire.send("POST /work HTTP/1.1\nHost: g\nContent-Length: 5\nExpect: 100-continue\nSluice-Group: " + id
                        + "\n\n");
                assertThat(wire.read().problem()).isEqualTo(id.equals(group) ? "group-closed" : "no-group");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 100_000})
    void aReplayedRequestStaysWhereItsJobIs(int size) throws IOException {
        String group = create("");
        String key = "Idempotency-Key: replayed-" + size;
        String body = "x".repeat(size);
        Wire.Reply first = post("/work", body, "Sluice-Group: " + group, key);
        call("POST", "/groups/" + group + "/close");
        Wire.Reply again = post("/work", body, "Sluice-Group: " + group, key);
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.field("Idempotency-Replayed")).isEqualTo("true");
        assertThat(Listeners.id(again)).isEqualTo(Listeners.id(first));
        String other = create("");
        Wire.Reply elsewhere = post("/work", body, "Sluice-Group: " + other, key);
        assertThat(elsewhere.json().get("group").asString()).isEqualTo(group);
        assertThat(get(other).get("jobs").get("total").asInt()).isZero();
        cancel(Listeners.id(first));
    }

    @Test
    void closesAndIsFinishedAtOnceWhenEmpty() throws IOException {
        String group = create("");
        Wire.Reply closed = call("POST", "/groups/" + group + "/close");
        assertThat(closed.status()).isEqualTo(200);
        assertThat(closed.json().get("state").asString()).isEqualTo("finished");
        assertThat(call("POST", "/groups/" + group + "/close").text()).isEqualTo(closed.text());
        Wire.Reply late = call("DELETE", "/groups/" + group);
        assertThat(late.status()).isEqualTo(409);
        assertThat(late.problem()).isEqualTo("already-finished");
    }

    @Test
    void isCancelledWithItsJobs() throws IOException {
        String group = create("");
        send(group);
        JobId second = send(group);
        Job running = listeners.claim("work");
        for (int i = 0; i < 2; i++) {
            Wire.Reply cancelled = call("DELETE", "/groups/" + group);
            assertThat(cancelled.status()).isEqualTo(200);
            assertThat(cancelled.json().get("state").asString()).isEqualTo("finished");
            assertThat(cancelled.json().get("jobs").get("cancelled").asInt()).isEqualTo(2);
        }
        assertThat(call("GET", "/jobs/" + second).json().get("state").asString())
                .isEqualTo("cancelled");
        assertThat(call("GET", "/jobs/" + running.id()).json().get("state").asString())
                .isEqualTo("cancelled");
    }

    @Test
    void isErasedWithItsJobs() throws IOException {
        String group = create("");
        JobId job = send(group);
        assertThat(call("DELETE", "/groups/" + group + "?erase=yes").status()).isEqualTo(400);
        assertThat(call("DELETE", "/groups/" + group + "?erase=true").status()).isEqualTo(204);
        assertThat(call("GET", "/jobs/" + job).status()).isEqualTo(410);
        for (String below : List.of("", "/jobs", "/events")) {
            assertThat(call("GET", "/groups/" + group + below).status()).isEqualTo(410);
        }
        assertThat(call("DELETE", "/groups/" + group + "?erase=true").status()).isEqualTo(410);
        assertThat(call("POST", "/groups/" + group + "/close").status()).isEqualTo(410);
        assertThat(post("/work", "body", "Sluice-Group: " + group).problem()).isEqualTo("no-group");
    }

    @Test
    void refusesWhatIsNotThere() throws IOException {
        for (String below : List.of("", "/jobs", "/events")) {
            for (String id : List.of(UNKNOWN, "x", "")) {
                assertThat(call("GET", "/groups/" + id + below).problem()).isEqualTo("no-group");
            }
        }
        String group = create("");
        assertThat(call("GET", "/groups/" + group + "/nothing").problem()).isEqualTo("no-route");
        assertThat(call("GET", "/groups").field("Allow")).isEqualTo("POST");
        assertThat(call("PUT", "/groups/" + group).field("Allow")).isEqualTo("GET, HEAD, DELETE");
        assertThat(call("GET", "/groups/" + group + "/close").field("Allow")).isEqualTo("POST");
        assertThat(call("POST", "/groups/" + group + "/events").field("Allow")).isEqualTo("GET, HEAD");
        assertThat(post("/groups", "", "Sluice-Callback: https://x.example/").problem())
                .isEqualTo("callback-refused");
    }

    @Test
    void webPagesOfOtherOriginsMayUseIt() throws IOException {
        String group = create("");
        Wire.Reply preflight = call(
                "OPTIONS",
                "/groups",
                "Origin: https://app.example",
                "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: content-type");
        assertThat(preflight.field("Access-Control-Allow-Methods")).contains("POST");
        preflight = call(
                "OPTIONS", "/groups/" + group, "Origin: https://app.example", "Access-Control-Request-Method: DELETE");
        assertThat(preflight.field("Access-Control-Allow-Methods")).contains("DELETE");
        assertThat(call("GET", "/groups/" + group, "Origin: https://app.example")
                        .field("Access-Control-Allow-Origin"))
                .isEqualTo("https://app.example");
    }

    @Test
    void waitsForTheEndOrAChange() throws Exception {
        String group = create("{\"size\":1}");
        try (Wire end = new Wire(listeners.port());
                Wire change = new Wire(listeners.port())) {
            end.send("GET /groups/" + group + " HTTP/1.1\nHost: g\nPrefer: wait=20\n\n");
            change.send("GET /groups/" + group + " HTTP/1.1\nHost: g\nPrefer: wait=20\nIf-None-Match: W/\"g1\"\n\n");
            listeners.awaitWaiting(2);
            JobId job = send(group);
            Wire.Reply changed = change.read();
            assertThat(changed.field("Preference-Applied")).isEqualTo("wait=20");
            assertThat(changed.json().get("jobs").get("total").asInt()).isEqualTo(1);
            cancel(job);
            assertThat(end.read().json().get("state").asString()).isEqualTo("finished");
        }
    }

    @Test
    void whoWaitsInVainIsToldHowItStands() throws IOException {
        String group = create("");
        Wire.Reply waited = call("GET", "/groups/" + group, "Prefer: wait=1", "If-None-Match: W/\"g1\"");
        assertThat(waited.status()).isEqualTo(304);
        assertThat(waited.field("Preference-Applied")).isEqualTo("wait=1");
    }

    @Test
    void oneStreamTellsOfAllJobs() throws IOException {
        String group = create("{\"size\":2}");
        JobId first = send(group);
        try (Wire wire = new Wire(listeners.port())) {
            wire.send("GET /groups/" + group + "/events HTTP/1.1\nHost: g\n\n");
            Wire.Reply head = wire.readHead();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.field("Content-Type")).isEqualTo("text/event-stream");
            assertThat(head.field("Cache-Control")).isEqualTo("no-store, no-transform");
            assertThat(head.field("X-Accel-Buffering")).isEqualTo("no");
            String seen = until(wire, "\nid: 2\n\n");
            assertThat(seen).contains(":\nretry: ").contains("event: group\ndata: {\"group\":{\"id\":\"" + group);
            JobId second = send(group);
            seen = until(wire, "\"state\":\"closed\"");
            assertThat(seen).contains("event: accepted\ndata: {\"job\":\"" + second + "\",\"seq\":1,");
            assertThat(seen).contains("event: group\ndata: {\"change\":\"closed\",");
            cancel(first);
            cancel(second);
            seen = until(wire, "\"change\":\"finished\"");
            assertThat(seen).contains("event: cancelled\n").contains("\"state\":\"cancelled\"");
            assertThat(new String(wire.readChunk(), StandardCharsets.UTF_8)).isEmpty();
        }
        Wire.Reply all = call("GET", "/groups/" + group + "/events?from=start");
        List<String> numbers = numbers(all.text());
        assertThat(numbers).containsExactly("1", "2", "3", "4", "5", "6", "7");
        assertThat(numbers(call("GET", "/groups/" + group + "/events?from=start", "Last-Event-ID: 4")
                        .text()))
                .containsExactly("5", "6", "7");
        assertThat(numbers(call("GET", "/groups/" + group + "/events?lastEventId=5")
                        .text()))
                .containsExactly("6", "7");
        assertThat(numbers(call("GET", "/groups/" + group + "/events", "Last-Event-ID: x")
                        .text()))
                .containsExactly("7");
        assertThat(call("GET", "/groups/" + group + "/events?from=start", "Last-Event-ID: 7")
                        .status())
                .isEqualTo(204);
        assertThat(call("GET", "/groups/" + group + "/events", "Last-Event-ID: 999")
                        .status())
                .isEqualTo(204);
        assertThat(call("HEAD", "/groups/" + group + "/events").status()).isEqualTo(200);
        assertThat(call("GET", "/groups/" + group + "/events?from=here").status())
                .isEqualTo(400);
    }

    private static List<String> numbers(String stream) {
        return stream.lines()
                .filter(line -> line.startsWith("id: "))
                .map(line -> line.substring(4))
                .toList();
    }

    private static String until(Wire wire, String wanted) throws IOException {
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf(wanted) < 0) {
            byte[] chunk = wire.readChunk();
            assertThat(chunk).as("the stream goes on after " + seen).isNotEmpty();
            seen.append(new String(chunk, StandardCharsets.UTF_8));
        }
        return seen.toString();
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void isServedOverEveryTransport(Transport transport) throws IOException {
        try (Listeners others = new Listeners(
                transport, "sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1")) {
            Wire.Reply created = Wire.call(
                    transport, others.port(), "POST /groups HTTP/1.1\nHost: g\nContent-Length: 0", new byte[0]);
            String group = created.json().get("id").asString();
            Wire.call(transport, others.port(), "POST /groups/" + group + "/close HTTP/1.1\nHost: g", new byte[0]);
            Wire.Reply events = Wire.call(
                    transport,
                    others.port(),
                    "GET /groups/" + group + "/events?from=start HTTP/1.1\nHost: g",
                    new byte[0]);
            assertThat(numbers(events.text())).containsExactly("1", "2", "3");
        }
    }

    @Test
    void aClientMayNotCreateTooMany() throws IOException {
        try (Listeners limited = new Listeners(
                "sluice.groups.limit=2/h",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1")) {
            String head = "POST /groups HTTP/1.1\nHost: g\nContent-Length: 0";
            assertThat(Wire.call(limited.port(), head).status()).isEqualTo(201);
            assertThat(Wire.call(limited.port(), head).status()).isEqualTo(201);
            Wire.Reply refused = Wire.call(limited.port(), head);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.problem()).isEqualTo("rate-limited");
            assertThat(Integer.parseInt(refused.field("Retry-After"))).isPositive();
            assertThat(refused.field("RateLimit-Policy")).isEqualTo("\"default\";q=2;w=3600");
        }
    }

    @Test
    void isNotCreatedWhileTheNodeStopsButServed() throws IOException {
        try (Listeners stopping =
                new Listeners("sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1")) {
            String head = "POST /groups HTTP/1.1\nHost: g\nContent-Length: 0";
            String group = Wire.call(stopping.port(), head).json().get("id").asString();
            try (Wire reader = new Wire(stopping.port())) {
                reader.send("GET /groups/" + group + "/events HTTP/1.1\nHost: g\n\n");
                reader.readHead();
                until(reader, "\nid: 1\n\n");
                stopping.draining().stop();
                until(reader, "retry: 1");
                assertThat(reader.readChunk()).isEmpty();
            }
            Wire.Reply refused = Wire.call(stopping.port(), head);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.problem()).isEqualTo("draining");
            assertThat(Wire.call(stopping.port(), "GET /groups/" + group + " HTTP/1.1\nHost: g")
                            .status())
                    .isEqualTo(200);
            Wire.Reply later = Wire.call(stopping.port(), "GET /groups/" + group + "/events HTTP/1.1\nHost: g");
            assertThat(later.status()).isEqualTo(200);
            assertThat(later.text()).startsWith(":\nretry: 1");
            Awaitility.await().atMost(LIMIT).until(() -> stopping.count("sluice.events.readers") == 0);
        }
    }
}
