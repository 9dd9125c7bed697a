package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.journal.StoredRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A request becomes a job: what is answered, and what is kept. */
class AcceptTest {

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.routes.any.path=/any/**",
                "sluice.routes.any.backend=http://localhost:1",
                "sluice.routes.any.max-request=20MB",
                "sluice.routes.key.path=/key",
                "sluice.routes.key.backend=http://localhost:1",
                "sluice.routes.key.queue=1",
                "sluice.routes.deaf.path=/deaf",
                "sluice.routes.deaf.backend=http://localhost:1",
                "sluice.routes.deaf.idempotency=off");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static Wire.Reply call(String head, byte[] body) throws IOException {
        return Wire.call(listeners.port(), head, body);
    }

    private static Wire.Reply call(String head) throws IOException {
        return call(head, new byte[0]);
    }

    @Test
    void answers202WithTheJob() throws IOException {
        double before = listeners.count("sluice.accepted", "route", "any");
        Wire.Reply reply = call("POST /any HTTP/1.1\nHost: gateway.example\nContent-Length: 4", "body".getBytes());
        String self = "/jobs/" + Listeners.id(reply);
        assertThat(reply.status()).isEqualTo(202);
        assertThat(reply.field("Location")).isEqualTo(self);
        assertThat(reply.field("Link"))
                .isEqualTo("<" + self + ">; rel=\"status\", <" + self + "/events>; rel=\"monitor\"");
        assertThat(Integer.parseInt(reply.field("Retry-After"))).isBetween(1, 3600);
        assertThat(reply.field("Cache-Control")).isEqualTo("no-store");
        assertThat(reply.field("Content-Type")).isEqualTo("application/json");
        assertThat(reply.field("Date")).matches("\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
        assertThat(reply.field("Server")).isNull();
        assertThat(reply.field("Idempotency-Replayed")).isNull();
        assertThat(reply.json().get("state").asString()).isEqualTo("queued");
        assertThat(reply.json().get("route").asString()).isEqualTo("any");
        assertThat(reply.json().get("links").get("self").asString()).isEqualTo(self);
        assertThat(listeners.count("sluice.accepted", "route", "any")).isEqualTo(before + 1);
    }

    @Test
    void keepsTheRequestAsItWasSent() throws IOException {
        byte[] body = new byte[300_000];
        new Random(7).nextBytes(body);
        Wire.Reply reply = call(
                "PATCH /any/a%20b/%C3%A4;v=1?q=%26&q HTTP/1.1\nHost: gateway.example:8080\nX-Twice: 1\nx-twice: \u00e9\n"
                        + "Connection: X-Hop\nX-Hop: h\nPrefer: handling=strict\nContent-Type: image/png\nContent-Length: "
                        + body.length,
                body);
        StoredRequest kept = listeners.request(Listeners.id(reply));
        assertThat(kept.head().method()).isEqualTo("PATCH");
        assertThat(kept.head().target()).isEqualTo("/any/a%20b/%C3%A4;v=1?q=%26&q");
        assertThat(kept.head().headers().fields())
                .contains(
                        new Headers.Header("X-Twice", "1"),
                        new Headers.Header("x-twice", "\u00e9"),
                        new Headers.Header("Prefer", "handling=strict"),
                        new Headers.Header("Content-Type", "image/png"))
                .noneMatch(field ->
                        field.name().equalsIgnoreCase("X-Hop") || field.name().equalsIgnoreCase("Connection"));
        assertThat(kept.head().origin().client()).isEqualTo("127.0.0.1");
        assertThat(kept.head().origin().scheme()).isEqualTo("http");
        assertThat(kept.head().origin().host()).isEqualTo("gateway.example:8080");
        assertThat(Listeners.bytes(kept.body())).isEqualTo(body);
    }

    @Test
    void takesAnyMethodWithAndWithoutBody() throws IOException {
        for (String method : new String[] {"GET", "HEAD", "OPTIONS", "DELETE", "PURGE"}) {
            Wire.Reply reply = call(method + " /any HTTP/1.1\nHost: gateway.example");
            assertThat(reply.status()).as(method).isEqualTo(202);
            JobId id = JobId.parse(reply.field("Location").substring("/jobs/".length()))
                    .orElseThrow();
            assertThat(listeners.request(id).head().method()).isEqualTo(method);
            assertThat(listeners.request(id).size()).isZero();
        }
    }

    @Test
    void takesChunkedBodiesAndAbsoluteTargets() throws IOException {
        Wire.Reply reply = call(
                "POST http://other.example/any?x HTTP/1.1\nHost: ignored.example\nTransfer-Encoding: chunked",
                "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n".getBytes());
        StoredRequest kept = listeners.request(Listeners.id(reply));
        assertThat(Listeners.bytes(kept.body())).isEqualTo("abcde".getBytes());
        assertThat(kept.head().target()).isEqualTo("/any?x");
        assertThat(kept.head().origin().host()).isEqualTo("other.example");
    }

    @Test
    void streamsALargeBodyIntoTheJournal() throws IOException {
        byte[] body = new byte[15 << 20];
        new Random(8).nextBytes(body);
        Wire.Reply reply = call("PUT /any HTTP/1.1\nHost: g\nContent-Length: " + body.length, body);
        assertThat(reply.status()).isEqualTo(202);
        assertThat(Listeners.bytes(listeners.request(Listeners.id(reply)).body()))
                .isEqualTo(body);
    }

    @Test
    void servesManyRequestsOnOneConnection() throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            for (int i = 0; i < 5; i++) {
                wire.send("POST /any HTTP/1.1\nHost: g\nContent-Length: 1\n\nx");
                assertThat(wire.read().status()).isEqualTo(202);
            }
            String two = "POST /any HTTP/1.1\nHost: g\nContent-Length: 1\n\nx";
            wire.send(two + two + two);
            for (int i = 0; i < 3; i++) {
                assertThat(wire.read().status()).isEqualTo(202);
            }
        }
    }

    @Test
    void answersExpectOnlyAfterTheChecksAndThenGoesOn() throws IOException {
        try (Wire wire = new Wire(listeners.port())) {
            wire.send("POST /any HTTP/1.1\nHost: g\nExpect: 100-continue\nContent-Length: 4\n\n");
            assertThat(wire.read().status()).isEqualTo(100);
            wire.send("body");
            Wire.Reply reply = wire.read();
            assertThat(reply.status()).isEqualTo(202);
            assertThat(Listeners.bytes(listeners.request(Listeners.id(reply)).body()))
                    .isEqualTo("body".getBytes());
        }
    }

    @Test
    void theSameKeyWithTheSameRequestGetsTheFirstJobEvenWhileTheQueueIsFull() throws IOException {
        String head = "POST /key HTTP/1.1\nHost: g\nIdempotency-Key: \"k1\"\nContent-Length: 4";
        Wire.Reply first = call(head, "body".getBytes());
        assertThat(first.status()).isEqualTo(202);
        assertThat(first.field("Idempotency-Replayed")).isNull();

        Wire.Reply again = call(head.replace("\"k1\"", "k1"), "body".getBytes());
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.field("Idempotency-Replayed")).isEqualTo("true");
        assertThat(again.field("Location")).isEqualTo(first.field("Location"));
        assertThat(again.field("Retry-After")).isNotNull();
        assertThat(Listeners.id(again)).isEqualTo(Listeners.id(first));

        Wire.Reply other = call(head, "BODY".getBytes());
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.problem()).isEqualTo("idempotency-key-reused");

        Wire.Reply stranger = call(head + "\nAuthorization: Bearer other", "body".getBytes());
        assertThat(stranger.status()).as("another caller's key is another key").isEqualTo(503);
        assertThat(stranger.problem()).isEqualTo("queue-full");
        assertThat(Integer.parseInt(stranger.field("Retry-After"))).isBetween(1, 300);

        Wire.Reply without = call("POST /key HTTP/1.1\nHost: g\nContent-Length: 4", "body".getBytes());
        assertThat(without.status()).isEqualTo(503);
        assertThat(without.json().get("retryable").asBoolean()).isTrue();
        assertThat(listeners.journal().backlog().of("key").depth()).isEqualTo(1);
    }

    @Test
    void aPlaceInTheQueueIsGivenBackWhateverHappens() throws IOException {
        for (int i = 0; i < 3; i++) {
            Wire.Reply cut = call(
                    "POST /key HTTP/1.1\nHost: g\nTransfer-Encoding: chunked",
                    "zz\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(cut.status()).isIn(400, 503);
        }
        var route = listeners.routes().byId("any").orElseThrow();
        try (Wire wire = new Wire(listeners.port())) {
            wire.send("POST /any HTTP/1.1\nHost: g\nContent-Length: 10\n\nhalf");
        }
        assertThat(listeners.admission().tryEnter(route)).isTrue();
        listeners.admission().leave(route);
    }

    @Test
    void aRouteWithoutIdempotencyLooksAtNoKey() throws IOException {
        String head = "POST /deaf HTTP/1.1\nHost: g\nIdempotency-Key: in valid\nContent-Length: 0";
        assertThat(Listeners.id(call(head))).isNotEqualTo(Listeners.id(call(head)));
    }
}
