package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.KeyedHash;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** {@code Idempotency-Key} over HTTP: what is the same request, who is the same caller, and until when. */
class IdempotencyTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static int used;

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.ingress.client-header=X-Tenant",
                "sluice.routes.work.path=/work/**",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.other.path=/other/**",
                "sluice.routes.other.backend=http://localhost:1",
                "sluice.routes.direct.path=/direct",
                "sluice.routes.direct.backend=http://localhost:1",
                "sluice.routes.direct.mode=negotiate",
                "sluice.routes.shared.path=/shared",
                "sluice.routes.shared.backend=http://localhost:1",
                "sluice.routes.shared.idempotency-scope=route",
                "sluice.routes.by-user.path=/by-user",
                "sluice.routes.by-user.backend=http://localhost:1",
                "sluice.routes.by-user.idempotency-scope=header:X-User",
                "sluice.routes.fair.path=/fair",
                "sluice.routes.fair.backend=http://localhost:1",
                "sluice.routes.fair.fair-by=X-Tenant",
                "sluice.routes.fair.idempotency-scope=header:X-User",
                "sluice.routes.slow.path=/slow",
                "sluice.routes.slow.backend=http://localhost:1");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static String newKey() {
        return "key-" + used++;
    }

    private static String request(String line, String key, String body, String... fields) {
        return line + " HTTP/1.1\nHost: g\nIdempotency-Key: " + key + "\nContent-Length: " + body.length()
                + String.join("", fields) + "\n\n" + body;
    }

    private static Wire.Reply send(String line, String key, String body, String... fields) throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            return wire.send(request(line, key, body, fields)).read();
        }
    }

    private static void assertReplayed(Wire.Reply reply, JobId job) {
        assertThat(reply.status()).isEqualTo(202);
        assertThat(reply.all("Idempotency-Replayed")).containsExactly("true");
        assertThat(reply.job()).isEqualTo("/jobs/" + job);
        assertThat(Listeners.id(reply)).isEqualTo(job);
    }

    @ParameterizedTest
    @CsvSource({
        "PUT /work/a?q=1, text/plain, body",
        "POST /work/b?q=1, text/plain, body",
        "POST /work/a?q=2, text/plain, body",
        "POST /work/a, text/plain, body",
        "POST /work/a?q=1, text/html, body",
        "POST /work/a?q=1, text/plain, Body",
        "POST /work/a?q=1, text/plain, body."
    })
    void methodTargetMediaTypeAndBodyMakeARequest(String line, String type, String body) throws IOException {
        String key = newKey();
        JobId first = Listeners.id(send("POST /work/a?q=1", key, "body", "\nContent-Type: text/plain"));
        Wire.Reply another = send(line, key, body, "\nContent-Type: " + type);
        assertThat(another.status()).isEqualTo(422);
        assertThat(another.problem()).isEqualTo("idempotency-key-reused");
        assertThat(another.field("Idempotency-Replayed")).isNull();
        assertReplayed(send("POST /work/a?q=1", key, "body", "\nContent-Type: text/plain"), first);
    }

    /** So that what one caller is told to wait for holds back no other, and callers take turns. */
    @Test
    void aJobKnowsItsCallerAndItsTurnByHashesOnly() throws IOException {
        KeyedHash hash = new KeyedHash(listeners.journal().secret(), "sender");
        JobSpec acme = spec("POST /work", "\nX-Tenant: acme");
        assertThat(acme.caller()).isEqualTo(hash.of("acme")).isNotZero();
        assertThat(acme.turn()).as("the route has no turns").isZero();
        assertThat(spec("POST /other", "\nX-Tenant: acme").caller()).isEqualTo(acme.caller());
        assertThat(spec("POST /work", "\nX-Tenant: other").caller()).isNotEqualTo(acme.caller());
        assertThat(spec("POST /work").caller()).as("it names nobody").isZero();
        assertThat(spec("POST /shared", "\nX-Tenant: acme").caller())
                .as("everybody is one")
                .isZero();

        JobSpec fair = spec("POST /fair", "\nX-Tenant: acme\nX-User: me");
        assertThat(fair.caller()).isEqualTo(hash.of("me"));
        assertThat(fair.turn()).isEqualTo(hash.of("acme"));
        assertThat(spec("POST /fair", "\nX-User: me").turn()).isZero();
    }

    private JobSpec spec(String line, String... fields) throws IOException {
        JobId id = Listeners.id(send(line, newKey(), "body", fields));
        return ((Lookup.Known) listeners.journal().find(id).block(LIMIT)).job().spec();
    }

    @Test
    void nothingElseDoes() throws IOException {
        String key = newKey();
        JobId first = Listeners.id(send("POST /work", key, "body", "\nX-Any: 1"));
        assertReplayed(send("POST /work", "\"" + key + "\"", "body", "\nX-Any: 2\nPriority: u=0"), first);
        assertReplayed(send("POST /work", key, "body", "\nPrefer: respond-async\nSluice-Delay: 5m"), first);
        Wire.Reply chunked = Wire.call(
                listeners.port(),
                "POST /work HTTP/1.1\nHost: g\nTransfer-Encoding: chunked\nIdempotency-Key: " + key,
                "1\r\nb\r\n3\r\nody\r\n0\r\n\r\n".getBytes());
        assertReplayed(chunked, first);
        assertThat(listeners.request(first).head().headers().first("X-Any")).contains("1");
    }

    @Test
    void anotherRequestIsRefusedWhateverHasBecomeOfTheFirst() throws IOException {
        String key = newKey();
        JobId job = Listeners.id(send("POST /other", key, "body"));
        assertThat(send("POST /other", key, "BODY").status()).as("queued").isEqualTo(422);
        Job claimed = listeners.claim("other");
        assertThat(send("POST /other", key, "BODY").status()).as("running").isEqualTo(422);
        Wire.Reply running = send("POST /other", key, "body");
        assertReplayed(running, job);
        assertThat(running.json().get("state").asString()).isEqualTo("running");
        listeners.answer(claimed, 200, null, Headers.NONE, Flux.just("done".getBytes()));
        assertThat(send("POST /other", key, "BODY").status()).as("succeeded").isEqualTo(422);
        Wire.Reply over = send("POST /other", key, "body");
        assertReplayed(over, job);
        assertThat(over.json().get("state").asString()).isEqualTo("succeeded");
        assertThat(over.field("Retry-After")).as("nothing is to be waited for").isNull();
    }

    @Test
    void whileTheFirstIsStillBeingSentWhoeverEndsFirstWins() throws IOException {
        String key = newKey();
        try (Wire slow = new Wire(listeners.port())) {
            String whole = request("POST /work", key, "body");
            slow.send(whole.substring(0, whole.length() - 2));
            Wire.Reply quick = send("POST /work", key, "other");
            assertThat(quick.status()).isEqualTo(202);
            slow.send("dy");
            assertThat(slow.read().problem()).isEqualTo("idempotency-key-reused");
            assertReplayed(send("POST /work", key, "other"), Listeners.id(quick));
        }
    }

    @Test
    void callersAndRoutesAreApart() throws IOException {
        String key = newKey();
        JobId nobody = Listeners.id(send("POST /work", key, "body"));
        JobId one = Listeners.id(send("POST /work", key, "body", "\nX-Tenant: one"));
        JobId two = Listeners.id(send("POST /work", key, "body", "\nX-Tenant: two"));
        JobId elsewhere = Listeners.id(send("POST /other", key, "body"));
        assertThat(List.of(nobody, one, two, elsewhere)).doesNotHaveDuplicates();
        assertReplayed(send("POST /work", key, "body", "\nX-Tenant: one"), one);
        assertThat(send("POST /work", key, "else", "\nX-Tenant: two").status()).isEqualTo(422);
        assertReplayed(send("POST /work", key, "body", "\nAuthorization: Bearer x"), nobody);
        listeners.journal().cancel(elsewhere).block(LIMIT); // no test that starts jobs of that route must meet it
    }

    @Test
    void withoutAFieldOfItsOwnTheCallerIsTheAuthorization() throws IOException {
        try (Listeners plain =
                new Listeners("sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1")) {
            List<JobId> jobs = new ArrayList<>();
            for (String fields : new String[] {"", "\nAuthorization: Bearer x", "\nAuthorization: Bearer y"}) {
                for (int i = 0; i < 2; i++) {
                    try (Wire wire = new Wire(plain.port())) {
                        jobs.add(Listeners.id(wire.send(request("POST /work", "same", "body", fields))
                                .read()));
                    }
                }
            }
            assertThat(jobs.get(0)).isEqualTo(jobs.get(1)).isNotIn(jobs.subList(2, 6));
            assertThat(jobs.get(2)).isEqualTo(jobs.get(3)).isNotIn(jobs.subList(4, 6));
            assertThat(jobs.get(4)).isEqualTo(jobs.get(5));
        }
    }

    @Test
    void aRouteSaysWhoseKeysAreTheSame() throws IOException {
        String key = newKey();
        JobId shared = Listeners.id(send("POST /shared", key, "body", "\nX-Tenant: a"));
        assertReplayed(send("POST /shared", key, "body", "\nX-Tenant: b"), shared);
        assertReplayed(send("POST /shared", key, "body"), shared);
        JobId users = Listeners.id(send("POST /by-user", key, "body", "\nX-Tenant: a\nX-User: u"));
        assertReplayed(send("POST /by-user", key, "body", "\nX-Tenant: b\nx-user: u"), users);
        assertThat(users).isNotEqualTo(shared);
        assertThat(Listeners.id(send("POST /by-user", key, "body", "\nX-Tenant: a\nX-User: v")))
                .isNotEqualTo(users);
    }

    @Test
    void ofManyEqualRequestsAtOnceAllGetOneJob() throws Exception {
        String key = newKey();
        List<Wire.Reply> replies = atOnce(64, n -> request("POST /work", key, "body"));
        assertThat(replies).allMatch(reply -> reply.status() == 202);
        assertThat(replies.stream().map(Listeners::id).distinct()).hasSize(1);
        assertThat(replies.stream().filter(reply -> reply.field("Idempotency-Replayed") == null))
                .as("one of them made it")
                .hasSize(1);
    }

    @Test
    void ofManyDifferentRequestsUnderOneKeyOneWins() throws Exception {
        String key = newKey();
        long before = listeners.journal().backlog().waiting();
        List<Wire.Reply> replies = atOnce(32, n -> request("POST /work", key, "body " + n));
        assertThat(replies.stream().filter(reply -> reply.status() == 202)).hasSize(1);
        assertThat(replies.stream().filter(reply -> reply.status() == 422)).hasSize(31);
        assertThat(listeners.journal().backlog().waiting()).isEqualTo(before + 1);
    }

    /** Sends all but the last byte of each request, then the last bytes. */
    private static List<Wire.Reply> atOnce(int requests, java.util.function.IntFunction<String> make)
            throws IOException {
        List<Wire> wires = new ArrayList<>();
        try {
            for (int n = 0; n < requests; n++) {
                String request = make.apply(n);
                wires.add(new Wire(listeners.port()).send(request.substring(0, request.length() - 1)));
            }
            for (int n = 0; n < requests; n++) {
                String request = make.apply(n);
                wires.get(n).send(request.substring(request.length() - 1));
            }
            List<Wire.Reply> replies = new ArrayList<>();
            for (Wire wire : wires) {
                replies.add(wire.read());
            }
            return replies;
        } finally {
            for (Wire wire : wires) {
                wire.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void allWhoWaitForTheSameJobGetItsAnswer(boolean replayWaits) throws IOException {
        String key = newKey();
        try (Wire first = new Wire(listeners.port());
                Wire second = new Wire(listeners.port())) {
            String patient = request("POST /direct", key, "body", "\nPrefer: wait=20");
            String async = request("POST /direct", key, "body", "\nPrefer: respond-async");
            first.send(replayWaits ? async : patient);
            QueueRig.until(() -> listeners.journal().backlog().of("direct").depth() == 1);
            second.send(replayWaits ? patient : async);
            Wire.Reply told = (replayWaits ? first : second).read();
            assertThat(told.status()).isEqualTo(202);
            assertThat(told.field("Preference-Applied")).isEqualTo("respond-async");
            listeners.awaitWaiting(1);
            listeners.answer(listeners.claim("direct"), 201, null, Headers.NONE, Flux.just("made".getBytes()));
            Wire.Reply waited = (replayWaits ? second : first).read();
            assertThat(waited.status()).isEqualTo(201);
            assertThat(waited.text()).isEqualTo("made");
            assertThat(waited.field("Preference-Applied")).isEqualTo("wait=20");
            assertThat(waited.field("Location")).as("that of what was made").isNull();
            assertThat(waited.job()).isEqualTo(told.field("Location"));
            assertThat(waited.field("Idempotency-Replayed")).isEqualTo(replayWaits ? "true" : null);
        }
    }

    @Test
    void aJobThatFailedWithoutAnAnswerIsReplayedAsThat() throws IOException {
        String key = newKey();
        JobId job = Listeners.id(send("POST /direct", key, "body", "\nPrefer: respond-async"));
        listeners.journal().cancel(job).block(LIMIT);
        Wire.Reply reply = send("POST /direct", key, "body");
        assertThat(reply.status()).isEqualTo(410);
        assertThat(reply.problem()).isEqualTo("job-cancelled");
        assertThat(reply.field("Idempotency-Replayed")).isEqualTo("true");
        assertThat(reply.job()).isEqualTo("/jobs/" + job);
    }

    @Test
    void theKeyIsFreeOnceTheJobIsErased() throws IOException {
        String key = newKey();
        JobId job = Listeners.id(send("POST /work", key, "body"));
        String delete = "DELETE /jobs/" + job + " HTTP/1.1\nHost: g";
        assertThat(Wire.call(listeners.port(), delete).status()).isEqualTo(200);
        assertThat(send("POST /work", key, "other").status())
                .as("kept until then")
                .isEqualTo(422);
        assertThat(Wire.call(listeners.port(), delete.replace(" HTTP", "?erase=true HTTP"))
                        .status())
                .isEqualTo(204);
        Wire.Reply next = send("POST /work", key, "other");
        assertThat(next.status()).isEqualTo(202);
        assertThat(next.field("Idempotency-Replayed")).isNull();
        assertThat(Listeners.id(next)).isNotEqualTo(job);
    }

    @Test
    void aReplayIsAnsweredThoughTheDeadlineIsNoLongerAttainable() throws IOException {
        String key = newKey();
        JobId job = Listeners.id(send("POST /slow", key, "body", "\nSluice-Deadline: 5m"));
        listeners.estimator().observed("slow", Duration.ofMinutes(10));
        assertReplayed(send("POST /slow", key, "body", "\nSluice-Deadline: 5m"), job);
        assertReplayed(send("POST /slow", key, "body", "\nSluice-Deadline: 2020-01-01T00:00:00Z"), job);
        assertThat(send("POST /slow", key, "other", "\nSluice-Deadline: 5m").status())
                .isEqualTo(422);
        Wire.Reply fresh = send("POST /slow", newKey(), "body", "\nSluice-Deadline: 5m");
        assertThat(fresh.problem()).isEqualTo("deadline-unattainable");
    }

    @Test
    void manyWhoWaitGetTheAnswersOfTheirOwnJobs() throws IOException {
        List<Wire> wires = new ArrayList<>();
        try {
            for (int n = 0; n < 50; n++) {
                wires.add(new Wire(listeners.port()).send(request("POST /direct", newKey(), "own " + n)));
            }
            QueueRig.until(() -> listeners.journal().backlog().of("direct").depth() == 50);
            for (int n : IntStream.range(0, 50).toArray()) {
                Job job = listeners.claim("direct");
                Flux<byte[]> same = listeners.request(job.id()).body();
                listeners.answer(job, 200, null, Headers.NONE, same);
            }
            for (int n = 0; n < 50; n++) {
                assertThat(wires.get(n).read().text()).isEqualTo("own " + n);
            }
        } finally {
            for (Wire wire : wires) {
                wire.close();
            }
        }
    }
}
