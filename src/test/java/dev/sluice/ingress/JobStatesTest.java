package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.JournalClocks;
import dev.sluice.queue.TestClock;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/** A job in each of its states, member by member, on a clock that stands still until it is moved. */
class JobStatesTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final TestClock CLOCK = new TestClock();
    private static final JournalClock TIME = JournalClocks.over(CLOCK);

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        List<String> settings = new ArrayList<>();
        for (String route : List.of("timed", "untimed", "brief", "moved", "retried", "states")) {
            settings.add("sluice.routes." + route + ".path=/" + route);
            settings.add("sluice.routes." + route + ".backend=http://localhost:1");
            settings.add("sluice.routes." + route + ".concurrency=1");
        }
        settings.add("sluice.routes.brief.keep=1s");
        settings.add("sluice.routes.moved.when-finished=redirect");
        listeners = new Listeners(part -> part instanceof JournalClock ? TIME : part, settings.toArray(String[]::new));
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static Wire.Reply call(String method, JobId id, String below, String... fields) throws IOException {
        return Wire.call(
                listeners.port(), method + " /jobs/" + id + below + " HTTP/1.1\nHost: g" + String.join("", fields));
    }

    private static List<String> members(JsonNode json) {
        return new ArrayList<>(json.propertyNames());
    }

    private static Instant instant(JsonNode json, String... path) {
        JsonNode at = json;
        for (String name : path) {
            at = at.path(name);
        }
        assertThat(at.asString()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
        return Instant.parse(at.asString());
    }

    private static Map<String, Job> inAllStates() throws IOException {
        Map<String, Job> jobs = new LinkedHashMap<>();
        JobId cancelled = listeners.accept("/states");
        jobs.put("cancelled", listeners.journal().cancel(cancelled).block(LIMIT));
        listeners.accept("/states");
        Failure failure = new Failure(Problem.BACKEND_TIMEOUT, "too late");
        jobs.put("failed", listeners.record(listeners.claim("states"), new Transition.Fail(failure, null)));
        listeners.accept("/states");
        Headers type = Headers.of("Content-Type", "application/pdf");
        Job answered = listeners.answer(listeners.claim("states"), 200, null, type, Flux.just(new byte[10]));
        jobs.put("succeeded", answered);
        listeners.accept("/states");
        jobs.put(
                "retried",
                listeners.record(
                        listeners.claim("states"),
                        new Transition.Requeue(
                                RequeueReason.RETRY, CLOCK.instant().plusSeconds(60), failure)));
        listeners.accept("/states");
        jobs.put("running", listeners.claim("states"));
        JobId queued = listeners.accept("/states");
        jobs.put("queued", null);
        QUEUED[0] = queued;
        return jobs;
    }

    private static final JobId[] QUEUED = new JobId[1];

    @Test
    void inEachStateThereIsWhatAppliesAndHeadIsGetWithoutBody() throws IOException {
        Map<String, List<String>> expected = Map.of(
                "queued", List.of("position"),
                "running", List.of("startedAt"),
                "retried", List.of("nextAttemptAt", "startedAt", "failure"),
                "succeeded", List.of("startedAt", "finishedAt", "result"),
                "failed", List.of("startedAt", "finishedAt", "failure"),
                "cancelled", List.of("finishedAt"));
        for (Map.Entry<String, Job> one : inAllStates().entrySet()) {
            String name = one.getKey();
            JobId id = one.getValue() == null ? QUEUED[0] : one.getValue().id();
            boolean finished = List.of("succeeded", "failed", "cancelled").contains(name);
            Wire.Reply get = call("GET", id, "");
            List<String> all =
                    new ArrayList<>(List.of("id", "route", "state", "acceptedAt", "attempt", "maxAttempts", "links"));
            all.addAll(expected.get(name));
            assertThat(members(get.json())).as(name).containsExactlyInAnyOrderElementsOf(all);
            assertThat(get.json().path("state").asString()).isEqualTo(name.equals("retried") ? "queued" : name);
            assertThat(instant(get.json(), "acceptedAt"))
                    .isEqualTo(CLOCK.instant().truncatedTo(java.time.temporal.ChronoUnit.MILLIS));
            for (String below : new String[] {"", "/result", "/events"}) {
                assertHeadIsGet(id, below, name);
            }
            String tag = get.field("ETag");
            Wire.Reply same = call("GET", id, "", "\nIf-None-Match: " + tag);
            assertThat(same.status()).isEqualTo(304);
            assertThat(same.field("ETag")).isEqualTo(tag);
            assertThat(same.field("Cache-Control")).isEqualTo("no-cache");
            for (Wire.Reply reply : List.of(get, same)) {
                assertThat(reply.field("Retry-After") != null)
                        .as("says when to look again at what is " + name)
                        .isEqualTo(!finished);
            }
        }
    }

    private static void assertHeadIsGet(JobId id, String below, String name) throws IOException {
        Wire.Reply head = call("HEAD", id, below);
        try (Wire wire = new Wire(listeners.port())) {
            Wire.Reply get = wire.send("GET /jobs/" + id + below + " HTTP/1.1\nHost: g\n\n")
                    .readHead();
            assertThat(head.status()).as(name + below).isEqualTo(get.status());
            assertThat(names(head)).as(name + below).containsExactlyElementsOf(names(get));
            assertThat(head.field("Content-Length")).isEqualTo(get.field("Content-Length"));
        }
    }

    private static List<String> names(Wire.Reply reply) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < reply.fields().size(); i += 2) {
            names.add(reply.fields().get(i).toLowerCase(java.util.Locale.ROOT));
        }
        names.removeIf(name -> name.equals("transfer-encoding"));
        Collections.sort(names);
        return names;
    }

    @Test
    void positionEstimateAndRetryAfterAgree() throws IOException {
        listeners.estimator().observed("timed", Duration.ofSeconds(20));
        List<JobId> jobs = new ArrayList<>();
        for (int n = 0; n < 4; n++) {
            jobs.add(listeners.accept("/timed"));
        }
        listeners.claim("timed");
        for (int n = 0; n < 4; n++) {
            Wire.Reply reply = call("GET", jobs.get(n), "");
            JsonNode json = reply.json();
            assertThat(json.path("position").asInt()).isEqualTo(n);
            assertThat(json.has("position")).isEqualTo(n > 0);
            Instant begin = CLOCK.instant().plusSeconds(20L * n);
            assertThat(Duration.between(begin, instant(json, "estimate", "startAt"))
                            .abs())
                    .isLessThan(Duration.ofSeconds(1));
            assertThat(instant(json, "estimate", "finishAt"))
                    .isEqualTo(instant(json, "estimate", "startAt").plusSeconds(20));
            int finish = 20 * (n + 1);
            assertThat(Integer.parseInt(reply.field("Retry-After"))).isBetween(finish, finish + 2 + finish / 10);
        }
        Wire.Reply unknown = call("GET", listeners.accept("/untimed"), "");
        assertThat(unknown.json().has("estimate")).isFalse();
        assertThat(unknown.json().path("position").asInt()).isEqualTo(1);
        assertThat(Integer.parseInt(unknown.field("Retry-After"))).isBetween(1, 3);
    }

    @Test
    void fromItsExpiryOnAJobIsGoneAndItsKeyIsFree() throws IOException {
        String keyed = "POST /brief HTTP/1.1\nHost: g\nContent-Length: 0\nIdempotency-Key: ";
        JobId plain = listeners.accept("/brief");
        listeners.answer(listeners.claim("brief"), 200, null, Headers.NONE, Flux.just("ok".getBytes()));
        JobId held = Listeners.id(Wire.call(listeners.port(), keyed + "day"));
        listeners.answer(listeners.claim("brief"), 200, null, Headers.NONE, Flux.just("ok".getBytes()));

        Instant expiry = instant(call("GET", plain, "").json(), "result", "expiresAt");
        assertThat(expiry).isEqualTo(millis(CLOCK.instant().plusSeconds(1)));
        CLOCK.advance(Duration.between(CLOCK.instant(), expiry).minusMillis(1));
        assertThat(call("GET", plain, "/result").status()).isEqualTo(200);
        CLOCK.advance(Duration.ofMillis(1));
        assertGone(plain, 410, "job-expired");

        Instant later = instant(call("GET", held, "").json(), "result", "expiresAt");
        assertThat(later)
                .as("a key holds for a day")
                .isEqualTo(millis(expiry.minusSeconds(1).plus(Duration.ofDays(1))));
        CLOCK.advance(Duration.between(CLOCK.instant(), later).minusMillis(1));
        Wire.Reply replayed = Wire.call(listeners.port(), keyed + "day");
        assertThat(Listeners.id(replayed)).isEqualTo(held);
        assertThat(replayed.field("Idempotency-Replayed")).isEqualTo("true");
        CLOCK.advance(Duration.ofMillis(1));
        assertGone(held, 410, "job-expired");
        Wire.Reply fresh = Wire.call(listeners.port(), keyed + "day");
        assertThat(fresh.status()).isEqualTo(202);
        assertThat(fresh.field("Idempotency-Replayed")).isNull();
        assertThat(Listeners.id(fresh)).isNotEqualTo(held);

        listeners.journal().purge(Duration.ofDays(7)).blockLast(LIMIT);
        assertGone(held, 410, "job-expired");
        CLOCK.advance(Duration.ofDays(7));
        listeners.journal().purge(Duration.ofDays(7)).blockLast(LIMIT);
        assertGone(held, 404, "no-job");
    }

    private static Instant millis(Instant instant) {
        return instant.truncatedTo(java.time.temporal.ChronoUnit.MILLIS);
    }

    private static final String[] READS = {
        "",
        "/result",
        "/events",
        "/output",
        "/output?offset=-1",
        "/output?offset=-1&live=long-poll",
        "/output?offset=-1&live=sse"
    };

    private static void assertGone(JobId id, int status, String problem) throws IOException {
        for (String below : READS) {
            Wire.Reply reply = call("GET", id, below);
            assertThat(reply.status()).isEqualTo(status);
            assertThat(reply.problem()).isEqualTo(problem);
        }
        assertThat(call("DELETE", id, "").status()).isEqualTo(status);
        assertThat(call("DELETE", id, "?erase=true").status()).isEqualTo(status);
    }

    @Test
    void aFinishedJobOfSuchARouteLeadsToItsResultWhateverItsEnd() throws IOException {
        JobId id = listeners.accept("/moved");
        listeners.journal().cancel(id).block(LIMIT);
        for (String method : new String[] {"GET", "HEAD"}) {
            Wire.Reply reply = call(method, id, "");
            assertThat(reply.status()).isEqualTo(303);
            assertThat(reply.field("Location")).isEqualTo("/jobs/" + id + "/result");
        }
        assertThat(call("GET", id, "/result").problem()).isEqualTo("job-cancelled");
    }
}
