package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobId;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever cannot be accepted is refused as the contract says, and nothing of it is kept: over HTTP/1.1. */
@ParameterizedClass
@EnumSource(Transport.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefuseTest {

    @Parameter
    Transport transport;

    private Listeners listeners;

    @BeforeParameterizedClassInvocation
    void start() {
        listeners = new Listeners(
                transport,
                "sluice.routes.json.path=/json/**",
                "sluice.routes.json.backend=http://localhost:1",
                "sluice.routes.json.methods=POST,PUT",
                "sluice.routes.json.consumes=application/json,text/*",
                "sluice.routes.json.idempotency=required",
                "sluice.routes.small.path=/small",
                "sluice.routes.small.backend=http://localhost:1",
                "sluice.routes.small.max-request=100KB");
    }

    @AfterParameterizedClassInvocation
    void stop() {
        assertThat(listeners.journal().backlog().waiting())
                .as("nothing was kept")
                .isZero();
        listeners.close();
    }

    private Wire.Reply call(String head) throws IOException {
        return Wire.call(transport, listeners.port(), head, new byte[0]);
    }

    private void assertProblem(Wire.Reply reply, int status, String problem) {
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
        assertThat(reply.problem()).isEqualTo(problem);
        assertThat(reply.json().get("status").asInt()).isEqualTo(status);
        assertThat(reply.json().get("title").asString()).isNotEmpty();
        assertThat(reply.json().get("detail").asString()).isNotEmpty();
        assertThat(reply.json().has("retryable")).isTrue();
        assertThat(reply.text()).doesNotContainPattern("dev\\.sluice|Exception|java\\.|netty|/work|\\.java");
        assertThat(reply.field("Server")).isNull();
    }

    @Test
    void whatNoRouteTakes() throws IOException {
        double before = listeners.count("sluice.refused", "problem", "no-route");
        assertProblem(call("GET /nothing HTTP/1.1\nHost: g"), 404, "no-route");
        assertProblem(call("GET /jobs HTTP/1.1\nHost: g"), 404, "no-route");
        assertProblem(call("GET /actuator/health HTTP/1.1\nHost: g"), 404, "no-route");
        assertProblem(call("GET / HTTP/1.1\nHost: g"), 404, "no-route");
        assertThat(listeners.count("sluice.refused", "problem", "no-route")).isEqualTo(before + 4);
    }

    @Test
    void methodsThatARouteDoesNotTake() throws IOException {
        Wire.Reply reply = call("GET /json HTTP/1.1\nHost: g");
        assertProblem(reply, 405, "method-not-allowed");
        assertThat(reply.field("Allow")).isEqualTo("POST, PUT");
    }

    @Test
    void mediaTypesThatARouteDoesNotTake() throws IOException {
        for (String type : new String[] {
            "",
            "\nContent-Type: image/png",
            "\nContent-Type: nonsense",
            "\nContent-Type: text/plain\nContent-Type: image/png"
        }) {
            Wire.Reply reply = call("POST /json HTTP/1.1\nHost: g\nIdempotency-Key: k\nContent-Length: 0" + type);
            assertProblem(reply, 415, "unsupported-media-type");
            assertThat(reply.field("Accept")).isEqualTo("application/json, text/*");
        }
    }

    @Test
    void idempotencyKeysThatAreMissingOrMalformed() throws IOException {
        String head = "POST /json HTTP/1.1\nHost: g\nContent-Type: application/json; charset=utf-8\nContent-Length: 0";
        assertProblem(call(head), 400, "idempotency-key-missing");
        assertProblem(call(head + "\nIdempotency-Key: a b"), 400, "bad-header");
        assertProblem(call(head + "\nIdempotency-Key: a\nIdempotency-Key: a"), 400, "bad-header");
        assertProblem(call(head + "\nIdempotency-Key: " + "k".repeat(256)), 400, "bad-header");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/small/../json", "/small/%2e%2E/json", "/json/..;/x", "/jobs/../small", "/a\\..\\b"})
    void dotSegments(String path) throws IOException {
        assertProblem(call("POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 0"), 400, "bad-request");
    }

    @Test
    void hostsThatAreMissingDoubleOrNone() throws IOException {
        assertThat(call("GET /small HTTP/1.1").status()).isEqualTo(400);
        assertThat(call("GET /small HTTP/1.1\nHost: a\nHost: b").status()).isEqualTo(400);
        assertThat(call("GET /small HTTP/1.1\nHost: a\"b").status()).isEqualTo(400);
        assertThat(call("GET /small HTTP/1.1\nHost: a@b").status()).isEqualTo(400);
    }

    @Test
    void anAnnouncedBodyThatIsTooLargeAtOnce() throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send("POST /small HTTP/1.1\nHost: g\nContent-Length: 1000000000000\n\n");
            Wire.Reply reply = wire.read();
            assertProblem(reply, 413, "body-too-large");
            assertThat(reply.field("Connection")).isEqualTo("close");
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @Test
    void aTooLargeBodyWhoseSenderDoesNotListenBeforeItsEnd() throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            byte[] body = new byte[8 << 20];
            wire.send("POST /small HTTP/1.1\nHost: g\nContent-Length: " + body.length + "\n\n");
            wire.send(body);
            assertProblem(wire.read(), 413, "body-too-large");
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @Test
    void aBodyThatTurnsOutTooLarge() throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send("POST /small HTTP/1.1\nHost: g\nTransfer-Encoding: chunked\n\n");
            byte[] piece = new byte[0x8000];
            for (int i = 0; i < 60; i++) {
                wire.send("8000\n").send(piece).send("\n");
            }
            wire.send("0\n\n");
            assertProblem(wire.read(), 413, "body-too-large");
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @Test
    void aSmallBodyIsDroppedAndTheConnectionKept() throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            for (int i = 0; i < 3; i++) {
                wire.send("POST /nothing HTTP/1.1\nHost: g\nContent-Length: 5000\n\n")
                        .send(new byte[5000]);
                Wire.Reply reply = wire.read();
                assertProblem(reply, 404, "no-route");
                assertThat(reply.field("Connection")).isNull();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /nothing", "GET /json", "POST /json", "POST /small/../x"})
    void expectIsNotAnsweredWith100(String line) throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send(line + " HTTP/1.1\nHost: g\nExpect: 100-continue\nContent-Length: 1000\n\n");
            assertThat(wire.read().status()).isBetween(400, 499);
        }
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send("POST /small HTTP/1.1\nHost: g\nExpect: 100-continue\nContent-Length: 1000000\n\n");
            assertThat(wire.read().status()).isEqualTo(413);
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 4\nContent-Length: 5",
                "Content-Length: 4, 5",
                "Content-Length: -1",
                "Content-Length: 1x",
                "Content-Length: 4\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\nContent-Length: 4",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked\nTransfer-Encoding: identity",
                "Transfer-Encoding : chunked",
                "X-Null: a\0b\nContent-Length: 0",
                "No colon here",
                "X-Folded: a\n b",
                "Content-Length:\n\t0"
            })
    void messagesWhoseEndIsInDoubt(String fields) throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send("POST /small HTTP/1.1\nHost: g\n" + fields + "\n\n0\n\nGET /jobs/x HTTP/1.1\nHost: g\n\n");
            Wire.Reply reply = wire.read();
            assertThat(reply.status()).isIn(400, 501);
            assertThat(reply.field("Connection")).isEqualTo("close");
            assertThat(wire.isClosed())
                    .as("nothing more is read from this connection")
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zz\r\nabc\r\n", "-1\r\n", "3\r\nabcd\r\n0\r\n\r\n", "ffffffffffffffffff\r\n"})
    void badChunks(String body) throws IOException {
        Wire.Reply reply = Wire.call(
                transport,
                listeners.port(),
                "POST /small HTTP/1.1\nHost: g\nTransfer-Encoding: chunked",
                body.getBytes(StandardCharsets.US_ASCII));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.field("Connection")).isEqualTo("close");
    }

    @Test
    void aBodyCutShort() throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send("POST /small HTTP/1.1\nHost: g\nContent-Length: 10\n\nhalf");
            wire.endOutput();
            assertClosing(wire, 400, "bad-request");
        }
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send("POST /small HTTP/1.1\nHost: g\nTransfer-Encoding: chunked\n\n5\nhalf");
            wire.endOutput();
            assertClosing(wire, 400, "bad-request");
        }
    }

    private void assertClosing(Wire wire, int status, String problem) throws IOException {
        Wire.Reply reply = wire.read();
        assertProblem(reply, status, problem);
        assertThat(reply.field("Connection")).isEqualTo("close");
        assertThat(wire.isClosed()).isTrue();
    }

    @Test
    void aBrokenBodyIsHeldAgainstNoRequestBeforeIt() throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            String chunked = " HTTP/1.1\nHost: g\nTransfer-Encoding: chunked\n\n";
            wire.send("GET /nothing HTTP/1.1\nHost: g\n\nPOST /small" + chunked + "zz\nGET /nothing HTTP/1.1\n\n");
            assertProblem(wire.read(), 404, "no-route");
            assertClosing(wire, 400, "bad-request");
        }
    }

    @Test
    void aVersionThatIsNotSpokenIsHeldAgainstNoRequestBeforeIt() throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send("GET /jobs/" + new JobId(1, 1) + " HTTP/1.1\nHost: g\n\nGET /small HTTP/2.0\nHost: g\n\n");
            assertProblem(wire.read(), 404, "no-job");
        }
    }

    @Test
    void aBrokenBodyThatNobodyReadsEndsTheConnectionAllTheSame() throws IOException {
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send("GET /jobs/openapi.json HTTP/1.1\nHost: g\nTransfer-Encoding: chunked\n\nzz\n");
            assertThat(wire.read().status()).isEqualTo(200);
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @Test
    void answersAreOfTheVersionThatIsSpokenHere() throws IOException {
        for (String version : new String[] {"0.9", "1.1", "1.2", "3.0"}) {
            try (Wire wire = new Wire(transport, listeners.port())) {
                wire.send("GET /nothing HTTP/" + version + "\nHost: g\nConnection: close\n\n");
                assertThat(wire.line()).as(version).startsWith("HTTP/1.1 ");
            }
        }
    }

    @Test
    void headsThatAreTooLong() throws IOException { // two records of TLS: the client has sent all before it is refused
        assertThat(call("GET /" + "a".repeat(20_000) + " HTTP/1.1\nHost: g").status())
                .isEqualTo(414);
        assertThat(call("GET /small HTTP/1.1\nHost: g\nX: " + "a".repeat(20_000))
                        .status())
                .isEqualTo(431);
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 1_600; i++) {
            many.append("\nX-").append(i).append(": ").append(i);
        }
        assertThat(call("GET /small HTTP/1.1\nHost: g" + many).status()).isEqualTo(431);
    }

    @Test
    void versionsThatAreNotSpoken() throws IOException {
        assertThat(call("GET /small HTTP/1.2").status()).isEqualTo(400); // treated as 1.1, which needs a host
        assertThat(call("GET /small HTTP/3.0\nHost: g").status()).isIn(400, 505);
        assertThat(call("GET /small HTTP/0.9\nHost: g").status()).isIn(400, 505);
        assertThat(call("CONNECT g:443 HTTP/1.1\nHost: g").status()).isIn(400, 501);
        assertThat(call("OPTIONS * HTTP/1.1\nHost: g").status()).isEqualTo(400);
    }

    @Test
    void requestsPiledUpOnOneConnectionWithoutABound() throws IOException {
        try (Wire reader = new Wire(transport, listeners.port())) {
            // The body of the first never ends, so the others wait behind it.
            String first = "POST /small HTTP/1.1\nHost: g\nContent-Length: 10\n\n";
            byte[] more = ("POST /small HTTP/1.1\nHost: g\nContent-Length: 100000000\n\n").getBytes();
            reader.send(first + "0123456789");
            assertThat(isCut(reader, Arrays.copyOf(more, more.length + (1 << 20))))
                    .isTrue();
        } finally {
            discardWhatTheFirstMade();
        }
    }

    /** Whether the gateway closes the connection: while it is being written to, or then. */
    private boolean isCut(Wire sender, byte[] bytes) throws IOException {
        try {
            sender.send(bytes);
        } catch (SocketException e) {
            return true;
        }
        return sender.isClosed();
    }

    private void discardWhatTheFirstMade() {
        // The first request was in order, and so was its job.
        if (listeners.journal().backlog().of("small").depth() > 0) {
            dev.sluice.job.Job job = listeners.claim("small");
            listeners.journal().cancel(job.id()).block(java.time.Duration.ofSeconds(10));
        }
    }
}
