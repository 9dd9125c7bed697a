package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JournalFullException;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.waiting.WaitingBytes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.Flux;

/** The table of refusals, row by row: each is answered as the contract says, and writes nothing. */
@ExtendWith(OutputCaptureExtension.class)
class RefusalTableTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final FailingJournal JOURNAL = new FailingJournal();

    private static Listeners listeners;
    private static List<JobId> before;
    private static JobId finished;

    @BeforeAll
    static void start() throws IOException {
        listeners = new Listeners(
                JOURNAL::around,
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.work.methods=POST",
                "sluice.routes.work.consumes=text/plain,application/json",
                "sluice.routes.work.max-request=10B",
                "sluice.routes.keyed.path=/keyed",
                "sluice.routes.keyed.backend=http://localhost:1",
                "sluice.routes.keyed.idempotency=required",
                "sluice.routes.keyed.mode=negotiate",
                "sluice.routes.full.path=/full",
                "sluice.routes.full.backend=http://localhost:1",
                "sluice.routes.full.queue=1",
                "sluice.routes.plain.path=/plain",
                "sluice.routes.plain.backend=http://localhost:1",
                "sluice.routes.plain.mode=sync",
                "sluice.routes.plain.methods=POST",
                "sluice.routes.plain.consumes=text/plain",
                "sluice.routes.plain.max-request=10B",
                "sluice.routes.busy.path=/busy",
                "sluice.routes.busy.backend=http://localhost:1",
                "sluice.routes.limited.path=/limited",
                "sluice.routes.limited.backend=http://localhost:1",
                "sluice.routes.limited.rate-limit.by=header:X-Client",
                "sluice.routes.limited.rate-limit.limit=1/h",
                "sluice.routes.limited.rate-limit.burst=1");
        listeners.accept("/full");
        post("/keyed", "\nIdempotency-Key: used\nPrefer: respond-async", "body");
        post("/limited", "", "body");
        listeners.estimator().observed("busy", Duration.ofSeconds(10));
        finished = listeners.accept("/busy");
        listeners.answer(listeners.claim("busy"), 200, null, Headers.NONE, Flux.just("ok".getBytes()));
        before = all();
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    @AfterEach
    void nothingWasWritten() {
        JOURNAL.recover();
        assertThat(all()).isEqualTo(before);
    }

    private static List<JobId> all() {
        return listeners.journal().list(new JobFilter(null, null, null, null), 100, null).block(LIMIT).jobs().stream()
                .map(Job::id)
                .toList();
    }

    private static Wire.Reply post(String path, String fields, String body) throws IOException {
        String head = "POST " + path + " HTTP/1.1\nHost: g\nContent-Length: " + body.length() + fields;
        return Wire.call(listeners.port(), head, body.getBytes());
    }

    private static void assertRefused(Wire.Reply reply, int status, String problem, boolean retryable) {
        assertThat(reply.text()).contains(problem);
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
        assertThat(reply.field("Cache-Control")).isEqualTo("no-store");
        assertThat(reply.json().get("type").asString()).isEqualTo("urn:sluice:problem:" + problem);
        assertThat(reply.json().get("status").asInt()).isEqualTo(status);
        assertThat(reply.json().get("title").asString()).isNotBlank();
        assertThat(reply.json().get("detail").asString()).isNotBlank();
        assertThat(reply.json().get("retryable").asBoolean()).isEqualTo(retryable);
        assertThat(reply.field("Retry-After") != null)
                .as("says when to repeat what may be repeated")
                .isEqualTo(retryable);
        assertThat(reply.field("Location")).isNull();
        assertThat(reply.field("Link")).isNull();
        assertThat(reply.field("Proxy-Status") == null
                        || reply.field("Proxy-Status").startsWith("sluice; error="))
                .isTrue();
        assertThat(reply.text()).doesNotContainPattern("dev\\.sluice|Exception|java|netty|localhost|secret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/work  |                                                        | text    | 415 | unsupported-media-type",
                "/work  | Content-Type: image/png                                | text    | 415 | unsupported-media-type",
                "/work  | Content-Type: text/plain                               | 11bytes.... | 413 | body-too-large",
                "/work  | Content-Type: text/plain~Idempotency-Key: a b          | text    | 400 | bad-header",
                "/work  | Content-Type: text/plain~Sluice-Delay: soon            | text    | 400 | bad-header",
                "/work  | Content-Type: text/plain~Sluice-Not-Before: tomorrow   | text    | 400 | bad-header",
                "/work  | Content-Type: text/plain~Sluice-Deadline: -1s          | text    | 400 | bad-header",
                "/work  | Content-Type: text/plain~Sluice-Callback: https://a.example | text | 400 | callback-refused",
                "/keyed |                                                        | body    | 400 | idempotency-key-missing",
                "/keyed | Idempotency-Key: used                                  | other   | 422 | idempotency-key-reused",
            })
    void whatNoRepetitionWouldMend(String path, String fields, String body, int status, String problem)
            throws IOException {
        String lines = fields == null ? "" : "\n" + fields.replace("~", "\n");
        Wire.Reply reply = post(path, lines, body);
        assertRefused(reply, status, problem, false);
        String error = problem.equals("callback-refused") ? "http_request_denied" : "http_request_error";
        assertThat(reply.all("Proxy-Status"))
                .containsExactly("sluice; error=" + error + "; details=\"" + problem + "\"");
        assertThat(reply.all("Vary")).containsExactly("Prefer");
        assertThat(reply.field("Accept")).isEqualTo(status == 415 ? "text/plain, application/json" : null);
    }

    @Test
    void whatASynchronousRouteDoesNotTake() throws IOException {
        Wire.Reply type = post("/plain", "\nContent-Type: image/png", "text");
        assertRefused(type, 415, "unsupported-media-type", false);
        assertThat(type.field("Accept")).isEqualTo("text/plain");
        Wire.Reply large = post("/plain", "\nContent-Type: text/plain", "11 bytes...");
        assertRefused(large, 413, "body-too-large", false);
        for (Wire.Reply reply : List.of(type, large)) {
            assertThat(reply.field("Vary")).as("it looks at no preference").isNull();
        }
    }

    @Test
    void whatNoRouteTakes() throws IOException {
        Wire.Reply reply = post("/nowhere", "", "");
        assertRefused(reply, 404, "no-route", false);
        Wire.Reply dots = post("/work/%2e%2e/full", "", "");
        assertRefused(dots, 400, "bad-request", false);
        try (Wire head = new Wire(listeners.port())) {
            head.send("HEAD /work/../full HTTP/1.1\nHost: g\n\n");
            assertThat(head.readHead().status()).isEqualTo(400);
            assertThat(head.readToEnd()).as("HEAD has no body").isEmpty();
        }
        Wire.Reply method = Wire.call(listeners.port(), "GET /work HTTP/1.1\nHost: g");
        assertRefused(method, 405, "method-not-allowed", false);
        assertThat(method.all("Allow")).containsExactly("POST");
        assertThat(method.all("Vary")).containsExactly("Prefer");
    }

    @Test
    void aBodyThatTurnsOutTooLargeOrIsCutShort() throws IOException {
        String head = "POST /work HTTP/1.1\nHost: g\nContent-Type: text/plain\nTransfer-Encoding: chunked";
        Wire.Reply large = Wire.call(listeners.port(), head, "c\r\nthirteen....\r\n0\r\n\r\n".getBytes());
        assertRefused(large, 413, "body-too-large", false);
        assertThat(large.all("Vary")).containsExactly("Prefer");
        Wire.Reply broken = Wire.call(listeners.port(), head, "4\r\nhalf\r\nzz\r\n".getBytes());
        assertRefused(broken, 400, "bad-request", false);
        assertThat(broken.field("Connection")).isEqualTo("close");
    }

    @Test
    void aFullQueue() throws IOException {
        Wire.Reply reply = post("/full", "", "body");
        assertRefused(reply, 503, "queue-full", true);
        assertThat(reply.all("Vary")).containsExactly("Prefer");
        assertThat(reply.field("Retry-After")).matches("[1-9][0-9]*");
    }

    @Test
    void aDeadlineThatIsNotExpectedToBeMet() throws IOException {
        Wire.Reply reply = post("/busy", "\nSluice-Deadline: 5s", "body");
        assertRefused(reply, 503, "deadline-unattainable", true);
        assertThat(reply.all("Vary")).containsExactly("Prefer");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sluice-Deadline: 60s\nSluice-Delay: 61s",
                "Sluice-Deadline: 60s\nSluice-Delay: 60s",
                "Sluice-Deadline: 60s\nSluice-Not-Before: 2098-01-01T00:00:00Z",
                "Sluice-Deadline: 0s",
                "Sluice-Deadline: 2020-01-01T00:00:00Z",
                "Sluice-Deadline: Wed, 01 Jan 2020 00:00:00 GMT"
            })
    void timesThatCanNeverBeKept(String fields) throws IOException {
        for (String path : new String[] {"/busy", "/full"}) {
            Wire.Reply reply = post(path, "\n" + fields, "body");
            assertRefused(reply, 400, "bad-header", false);
            assertThat(reply.field("Retry-After")).isNull();
        }
    }

    @Test
    void aClientThatSendsTooMuch() throws IOException {
        Wire.Reply reply = post("/limited", "", "body");
        assertRefused(reply, 429, "rate-limited", true);
        assertThat(reply.all("Vary")).containsExactly("Prefer");
        assertThat(reply.field("RateLimit-Policy")).isEqualTo("\"default\";q=1;w=3600");
        assertThat(reply.field("RateLimit")).matches("\"default\";r=0;t=3[56]\\d\\d");
        assertThat(Integer.parseInt(reply.field("Retry-After"))).isBetween(3500, 3600);
    }

    @Test
    void aJournalThatCannotWriteOrKeepUp() throws IOException {
        JOURNAL.failing("append", new JournalUnavailableException("secret: the disk is full", null));
        Wire.Reply away = post("/busy", "", "body");
        assertRefused(away, 503, "journal-unavailable", true);
        assertThat(away.field("Retry-After")).isEqualTo("5");
        assertThat(away.all("Vary")).containsExactly("Prefer");
        JOURNAL.failing("append", new JournalOverloadedException());
        assertRefused(post("/busy", "", "body"), 503, "queue-full", true);
        JOURNAL.failing("append", new JournalFullException("secret: the disk"));
        double earlier = listeners.count("sluice.refused", "limit", "journal-space");
        Wire.Reply full = post("/busy", "", "body");
        assertRefused(full, 503, "queue-full", true);
        assertThat(full.json().get("detail").asString()).contains("kept for the jobs that were accepted");
        assertThat(Integer.parseInt(full.field("Retry-After"))).isBetween(30, 59);
        assertThat(listeners.count("sluice.refused", "limit", "journal-space")).isEqualTo(earlier + 1);
        JOURNAL.failing("find", new JournalUnavailableException("secret", null));
        for (String below : new String[] {"", "/result"}) {
            Wire.Reply read = Wire.call(listeners.port(), "GET /jobs/" + before.get(0) + below + " HTTP/1.1\nHost: g");
            assertRefused(read, 503, "journal-unavailable", true);
        }
    }

    /** Its request was accepted, and would be sent again. */
    @Test
    void noClientWhoWaitsForAJobIsRefusedByAJournalThatIsAway() throws IOException {
        JOURNAL.failing("find", new JournalUnavailableException("secret", null));
        Wire.Reply reply = post("/keyed", "\nIdempotency-Key: used\nPrefer: wait=1", "body");
        assertThat(reply.status()).isEqualTo(202);
        assertThat(reply.json().get("state").asString()).isEqualTo("queued");
        assertThat(reply.field("Preference-Applied")).isNull();
    }

    @Test
    void bodiesThatThereIsNoMemoryFor() throws IOException {
        listeners.publish(context -> context.getBean(WaitingBytes.class).ofCalls(1L << 40));
        try {
            assertRefused(post("/busy", "", "body"), 503, "queue-full", true);
            assertRefused(post("/plain", "\nContent-Type: text/plain", "body"), 503, "queue-full", true);
            assertThat(Wire.call(listeners.port(), "GET /jobs/" + before.get(0) + " HTTP/1.1\nHost: g")
                            .status())
                    .isEqualTo(200);
        } finally {
            listeners.publish(context -> context.getBean(WaitingBytes.class).ofCalls(-(1L << 40)));
        }
    }

    /** A browser's {@code EventSource} gives up for good on a 503: it is told to come back instead. */
    @Test
    void readersOfEventsAreToldToComeBackToAJournalThatIsAway() throws IOException {
        for (RuntimeException away :
                List.of(new JournalUnavailableException("secret", null), new JournalOverloadedException())) {
            JOURNAL.failing("find", away);
            Wire.Reply reply = Wire.call(listeners.port(), "GET /jobs/" + before.get(0) + "/events HTTP/1.1\nHost: g");
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.field("Content-Type")).isEqualTo("text/event-stream");
            assertThat(reply.field("Connection")).isEqualTo("close");
            assertThat(reply.text()).matches(":\nretry: (1[0-4]\\d\\d\\d|15000)\n");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMistakeOfOurs(boolean thrown, CapturedOutput output) throws IOException {
        for (String verb : new String[] {"append", "find"}) {
            IllegalStateException error = new IllegalStateException("secret " + verb);
            if (thrown) {
                JOURNAL.throwing(verb, error);
            } else {
                JOURNAL.failing(verb, error);
            }
        }
        Wire.Reply accept = post("/busy", "", "body");
        assertRefused(accept, 500, "internal-error", false);
        assertThat(accept.all("Vary")).containsExactly("Prefer");
        assertThat(output).containsOnlyOnce("secret append");
        Wire.Reply show = Wire.call(listeners.port(), "GET /jobs/" + before.get(0) + " HTTP/1.1\nHost: g");
        assertRefused(show, 500, "internal-error", false);
        assertThat(output).containsOnlyOnce("secret find");
    }

    @ParameterizedTest
    @CsvSource({
        "holds, POST /full, ''",
        "cancel, DELETE /jobs/{queued}, ''",
        "forget, DELETE /jobs/{finished}?erase=true, ''",
        "result, GET /jobs/{finished}/result, ''",
        "result, HEAD /jobs/{finished}/result, ''",
        "append, POST /keyed, 'Prefer: wait=5'",
        "find, GET /jobs/{queued}, 'Prefer: wait=5'",
        "find, GET /jobs/{queued}/result, 'Prefer: wait=5'"
    })
    void aMistakeOfOursWhateverWasAsked(String verb, String line, String field, CapturedOutput output)
            throws IOException {
        JobId queued = before.get(before.size() - 1);
        String head = line.replace("{queued}", queued.toString()).replace("{finished}", finished.toString())
                + " HTTP/1.1\nHost: g\nIdempotency-Key: unused" + (field.isEmpty() ? "" : "\n" + field);
        for (boolean thrown : new boolean[] {true, false}) {
            IllegalStateException error = new IllegalStateException("secret " + verb + thrown);
            if (thrown) {
                JOURNAL.throwing(verb, error);
            } else {
                JOURNAL.failing(verb, error);
            }
            Wire.Reply reply = Wire.call(listeners.port(), head);
            assertThat(reply.status()).isEqualTo(500);
            if (!head.startsWith("HEAD")) {
                assertRefused(reply, 500, "internal-error", false);
            }
            assertThat(output).containsOnlyOnce("secret " + verb + thrown);
        }
    }

    @Test
    void aMistakeCostsNoPlaceInTheQueue() throws IOException {
        JOURNAL.throwing("append", new IllegalStateException("on purpose"));
        for (int i = 0; i < 3; i++) {
            assertThat(post("/keyed", "\nIdempotency-Key: new", "").status()).isEqualTo(500);
        }
        var route = listeners.routes().byId("keyed").orElseThrow();
        int places = 0;
        while (places < route.admission().queue() && listeners.admission().tryEnter(route)) {
            places++;
        }
        for (int i = 0; i < places; i++) {
            listeners.admission().leave(route);
        }
        assertThat(places).isEqualTo(route.admission().queue() - 1);
    }

    @ParameterizedTest
    @CsvSource({
        "/work, 'Content-Type: image/png', 415",
        "/work, 'Content-Type: text/plain\nSluice-Delay: soon', 400",
        "/keyed, 'Prefer: wait=1', 400",
        "/full, 'Prefer: respond-async', 503",
        "/busy, 'Sluice-Deadline: 1s', 503",
        "/limited, 'Prefer: wait=2', 429"
    })
    void nobodyIsToldToSendABodyInVain(String path, String fields, int status) throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            wire.send(
                    "POST " + path + " HTTP/1.1\nHost: g\nExpect: 100-continue\nContent-Length: 4\n" + fields + "\n\n");
            assertThat(wire.read().status()).isEqualTo(status);
        }
    }
}
