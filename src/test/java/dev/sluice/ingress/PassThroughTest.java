package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What passes between a client and a backend, and when, on a synchronous route. */
class PassThroughTest extends PassThroughRig {

    @Override
    String[] routes() {
        return new String[] {
            "json.path=/json",
            "json.mode=sync",
            "json.backend=BACKEND",
            "json.consumes=application/json",
            "small.path=/small/**",
            "small.mode=sync",
            "small.backend=BACKEND",
            "small.max-request=100KB",
            "slow.path=/slow/**",
            "slow.mode=sync",
            "slow.backend=BACKEND",
            "slow.timeout=300ms",
            "silent.path=/silent/**",
            "silent.mode=sync",
            "silent.backend=BACKEND",
            "silent.idle-timeout=800ms",
            "narrow.path=/narrow/**",
            "narrow.mode=sync",
            "narrow.backend=BACKEND",
            "narrow.concurrency=1",
            "narrow.queue=1",
            "gone.path=/gone",
            "gone.mode=sync",
            "gone.backend=http://127.0.0.1:1",
        };
    }

    // --- heads

    @Test
    void aRequestAndItsAnswerPassAsTheyAre() throws Exception {
        String path = route();
        script(conversation -> {
            String request = conversation.request();
            assertThat(request).endsWith("\r\n\r\nb\0\u00ff\r\nx");
            conversation.say(
                    "HTTP/1.1 207 Multi\r\nContent-Length: 5\r\nX-A: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
                            + "Connection: X-Hop, close\r\nX-Hop: gone\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\n"
                            + "Upgrade: h2c\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nx-a: 2\r\n\r\n\0\u00fe\r\ny");
        });

        Wire.Reply reply = Wire.call(
                transport,
                listeners.port(),
                "POST " + path + "/a?b=c HTTP/1.1\nHost: gateway.example\nContent-Length: 6\nCookie: a=1\nX-Mine: 1\n"
                        + "Connection: x-hop\nX-Hop: gone\nTE: deflate\nUpgrade: h2c\nProxy-Authorization: x\n"
                        + "Prefer: respond-async, wait=5\nX-Mine: 2\nIdempotency-Key: k\nSluice-Delay: 5s\n"
                        + "X-Forwarded-For: 1.1.1.1\nForwarded: for=1.1.1.1\nX-Forwarded-Host: evil",
                bytes("b\0\u00ff\r\nx"));

        assertThat(reply.status()).isEqualTo(207);
        assertThat(text(reply.body())).isEqualTo("\0\u00fe\r\ny");
        assertThat(reply.fields())
                .containsExactly(
                        "X-A",
                        "1",
                        "Set-Cookie",
                        "a=1",
                        "Set-Cookie",
                        "b=2",
                        "Date",
                        "Mon, 01 Jan 2024 00:00:00 GMT",
                        "x-a",
                        "2",
                        "Content-Length",
                        "5");
        assertThat(backend.heads.get(0)).startsWith("POST " + path + "/a?b=c HTTP/1.1\r\n");
        assertThat(sent())
                .contains(
                        "Cookie: a=1",
                        "X-Mine: 1",
                        "X-Mine: 2",
                        "Prefer: respond-async, wait=5",
                        "Idempotency-Key: k",
                        "Via: 1.1 sluice",
                        "Forwarded: for=127.0.0.1;proto=" + scheme() + ";host=gateway.example",
                        "X-Forwarded-For: 127.0.0.1",
                        "X-Forwarded-Host: gateway.example")
                .noneMatch(field ->
                        field.matches("(?i)(x-hop|connection|te|upgrade|proxy-.*|sluice-.*|transfer-encoding):.*"));
        assertThat(listeners.journal().backlog().waiting())
                .as("no job was made")
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a%2Fb",
                "//double///",
                "/a;x=1;y/b",
                "/%C3%A9",
                "/na%2eme",
                "/%7Euser",
                "/?",
                "/a?",
                "/a?&=&q=%20+",
                "/a?b?c/../d",
                "",
                "?q",
            })
    void theTargetIsNeverTouched(String rest) throws Exception {
        String path = route() + rest;
        answering(OK);

        assertThat(call("GET " + path + " HTTP/1.1\nHost: g").status()).isEqualTo(200);

        assertThat(backend.heads.get(0)).startsWith("GET " + path + " HTTP/1.1\r\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "HEAD | 200 OK~Content-Length: 12345 | 12345 | -",
                "HEAD | 200 OK~Content-Length: 0 | 0 | -",
                "HEAD | 200 OK~Transfer-Encoding: chunked | - | chunked",
                "GET | 204 No Content | - | -",
                "GET | 304 Not Modified~Content-Length: 12345 | 12345 | -",
                "GET | 304 Not Modified | - | -",
                "GET | 200 OK~Content-Length: 0 | 0 | -",
                "OPTIONS | 200 OK~Content-Length: 0~Allow: GET | 0 | -",
                "OPTIONS | 204 No Content~Allow: GET | - | -",
                "DELETE | 205 Reset Content~Content-Length: 0 | 0 | -",
            })
    void answersWithoutABodyEndWithTheirHead(String method, String head, String length, String coding)
            throws Exception {
        String path = route();
        answering("HTTP/1.1 " + head.replace("~", "\r\n") + "\r\nETag: \"x\"\r\n\r\n");
        Wire wire = wire();

        for (int i = 0; i < 2; i++) { // the client's connection is in order for another
            wire.send(method + " " + path + " HTTP/1.1\nHost: g\n\n");
            Wire.Reply reply = wire.readHead();
            assertThat(reply.status()).isEqualTo(Integer.parseInt(head.substring(0, 3)));
            assertThat(reply.field("Content-Length")).isEqualTo(length);
            assertThat(reply.field("Transfer-Encoding")).isEqualTo(coding);
            assertThat(reply.field("ETag")).isEqualTo("\"x\"");
            assertThat(reply.field("Connection")).isNull();
        }
        assertThat(backend.heads).hasSize(2).allMatch(sent -> sent.startsWith(method + " "));
    }

    @Test
    void aConnectionIsUsedAgainWhateverTheFraming() throws Exception {
        String path = route();
        AtomicInteger turn = new AtomicInteger();
        script(conversation -> {
            while (conversation.request() != null) {
                conversation.say(
                        turn.incrementAndGet() % 2 == 0
                                ? OK
                                : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
            }
        });
        Wire wire = wire();

        for (int i = 0; i < 6; i++) {
            wire.send("POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 2\n\nhi");
            assertThat(wire.read().text()).isEqualTo("ok");
        }

        assertThat(backend.heads).hasSize(6);
    }

    @Test
    void whatABackendSaysToPagesOfOtherOriginsIsReplaced() throws Exception {
        answering(
                "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: Accept\r\nX-A: 1\r\n"
                        + "Access-Control-Expose-Headers: X-A\r\nAccess-Control-Allow-Credentials: true\r\nContent-Length: 2\r\n\r\nok");
        try (Listeners strict = new Listeners(
                "sluice.ingress.cors.allowed-origins=https://app.example",
                "sluice.routes.any.path=/any",
                "sluice.routes.any.mode=sync",
                "sluice.routes.any.backend=" + backend.uri())) {
            Wire.Reply reply = Wire.call(strict.port(), "GET /any HTTP/1.1\nHost: g\nOrigin: https://app.example");

            assertThat(reply.all("Access-Control-Allow-Origin")).containsExactly("https://app.example");
            assertThat(reply.all("Access-Control-Expose-Headers")).hasSize(2).contains("X-A");
            assertThat(reply.field("Access-Control-Allow-Credentials")).isNull();
            assertThat(reply.all("Vary")).contains("Accept");
            assertThat(reply.field("X-A")).isEqualTo("1");

            Wire.Reply other = Wire.call(strict.port(), "GET /any HTTP/1.1\nHost: g\nOrigin: https://else.example");
            assertThat(other.field("Access-Control-Expose-Headers")).isNull();
        }
    }

    // --- bodies

    @Test
    void bodiesOfUnknownLengthPassPieceByPiece() throws Exception {
        String path = route();
        CountDownLatch first = new CountDownLatch(1);
        script(conversation -> {
            assertThat(conversation.head()).containsIgnoringCase("transfer-encoding: chunked");
            assertThat(text(conversation.in.readNBytes(10))).isEqualTo("5\r\nhello\r\n");
            first.countDown();
            assertThat(text(conversation.in.readNBytes(16))).isEqualTo("6\r\n world\r\n0\r\n\r\n");
            conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n");
        });
        Wire wire = wire();

        wire.send("PUT " + path + " HTTP/1.1\nHost: g\nTransfer-Encoding: chunked\n\n5\nhello\n");
        assertThat(first.await(10, TimeUnit.SECONDS)).isTrue();
        wire.send("6;ext=1\n world\n0\nX-Trailer: dropped\n\n");

        Wire.Reply reply = wire.read();
        assertThat(reply.text()).isEqualTo("yes");
        assertThat(reply.field("Transfer-Encoding")).isEqualTo("chunked");
        assertThat(reply.field("Content-Length")).isNull();
    }

    @Test
    void anEventStreamPassesEventByEvent() throws Exception {
        String path = route();
        CountDownLatch seen = new CountDownLatch(1);
        script(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Accel-Buffering: yes\r\n"
                    + "Connection: close\r\n\r\n");
            conversation.say("data: 1\n\n");
            seen.await();
            conversation.say("data: 2\n\n");
        });
        Wire wire = wire();

        wire.send("GET " + path + " HTTP/1.1\nHost: g\n\n");
        Wire.Reply head = wire.readHead();
        assertThat(head.field("Content-Type")).isEqualTo("text/event-stream");
        assertThat(head.all("X-Accel-Buffering")).containsExactly("no");
        assertThat(head.field("Incremental")).isEqualTo("?1");
        assertThat(text(wire.readChunk())).isEqualTo("data: 1\n\n");
        seen.countDown();
        assertThat(text(wire.readChunk())).isEqualTo("data: 2\n\n");
        assertThat(wire.readChunk()).isEmpty();
    }

    @Test
    void theHeadOfAnAnswerPassesBeforeItsBody() throws Exception {
        String path = route();
        CountDownLatch seen = new CountDownLatch(1);
        script(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
            seen.await();
            conversation.say("ok");
        });
        Wire wire = wire();

        wire.send("GET " + path + " HTTP/1.1\nHost: g\n\n");
        assertThat(wire.readHead().field("Content-Length")).isEqualTo("2");
        seen.countDown();
        assertThat(text(wire.exactly(2))).isEqualTo("ok");
    }

    @Test
    void trailersPassToWhoHasUseForThem() throws Exception {
        String path = route();
        answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n"
                + "Set-Cookie: a=1\r\nX-Sum: 2\r\n\r\n");
        Wire wire = wire();
        String head = "GET " + path + " HTTP/1.1\nHost: g\n";

        wire.send(head + "TE: gzip, Trailers\nConnection: TE\n\n");
        wire.readHead();
        assertThat(text(wire.readChunk())).isEqualTo("ok");
        assertThat(wire.line()).isEqualTo("0");
        assertThat(wire.line()).isEqualTo("X-Sum: 1");
        assertThat(wire.line()).isEqualTo("X-Sum: 2");
        assertThat(wire.line()).isEmpty();
        wire.send(head + "\n");
        assertThat(wire.read().text()).isEqualTo("ok"); // with no trailers, which would have been taken for a head
        wire.send(head + "\n");
        assertThat(wire.read().status()).isEqualTo(200);

        assertThat(backend.heads.get(0)).contains("TE: trailers\r\n", "Connection: TE\r\n");
        assertThat(backend.heads.get(1)).doesNotContain("TE: ");
    }

    // --- 100-continue

    @Test
    void aClientIsToldToGoOnWhenTheBackendTakesTheBody() throws Exception {
        String path = route();
        CountDownLatch head = new CountDownLatch(1);
        script(conversation -> {
            assertThat(conversation.head()).doesNotContainIgnoringCase("expect");
            head.countDown();
            conversation.in.readNBytes(40_000);
            conversation.say(OK);
        });
        Wire wire = wire();

        wire.send("POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 40000\nExpect: 100-continue\n\n");
        assertThat(wire.read().status()).isEqualTo(100);
        assertThat(head.await(10, TimeUnit.SECONDS)).isTrue();
        wire.send(new byte[40_000]);

        assertThat(wire.read().status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"/json, 415, unsupported-media-type", "/gone, 502, backend-unreachable", "/small, 413, body-too-large"})
    void aClientIsRefusedBeforeItSendsTheBody(String path, int status, String problem) throws Exception {
        Wire wire = wire();

        wire.send("POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 200000\nExpect: 100-continue\n\n");

        Wire.Reply reply = wire.read();
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.problem()).isEqualTo(problem);
        assertThat(reply.field("Proxy-Status")).matches("sluice; error=[a-z_]+; details=\"" + problem + "\"");
    }

    @Test
    void aBodyThatTurnsOutTooLargeIsRefusedAndCutOff() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        CountDownLatch closed = new CountDownLatch(1);
        script(conversation -> {
            conversation.head();
            ended.set(text(conversation.in.readAllBytes()).endsWith("0\r\n\r\n"));
            closed.countDown();
        });
        Wire wire = wire();

        wire.send("POST /small HTTP/1.1\nHost: g\nTransfer-Encoding: chunked\n\n30D40\n")
                .send(new byte[200_000]);

        Wire.Reply reply = wire.read();
        assertThat(reply.status()).isEqualTo(413);
        assertThat(reply.problem()).isEqualTo("body-too-large");
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ended).isFalse();
    }

    @Test
    void anAnswerBeforeTheEndOfTheRequestPassesAndTheConnectionIsClosed() throws Exception {
        String path = route();
        CountDownLatch closed = new CountDownLatch(1);
        script(conversation -> {
            conversation.head();
            conversation.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
            conversation.awaitClose();
            closed.countDown();
        });
        Wire wire = wire();

        wire.send("POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 1000000\n\n")
                .send(new byte[1000]);

        Wire.Reply reply = wire.read();
        assertThat(reply.status()).isEqualTo(413);
        assertThat(reply.text()).isEqualTo("big");
        assertThat(reply.field("Connection")).isEqualTo("close");
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(wire.isClosed()).isTrue();
    }

    @Test
    void aRefusalBehindWhichTheBackendResetsTheUploadPasses() throws Exception {
        String path = route();
        script(conversation -> {
            conversation.head();
            conversation.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
            conversation.end(); // with most of the request unread
        });
        Wire wire = wire();

        wire.send("POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 8000000\n\n");
        Thread writing = new Thread(() -> {
            try {
                wire.send(new byte[8_000_000]);
            } catch (IOException e) {
                return; // cut off, as it may be once the answer is there
            }
        });
        writing.start();

        Wire.Reply reply = wire.read();
        assertThat(reply.status()).isEqualTo(413);
        assertThat(reply.text()).isEqualTo("big");
        writing.join();
    }

    @Test
    void whatAnotherServerWouldSayOfItselfDoesNotPass() throws Exception {
        String path = route();
        answering("HTTP/1.1 200 OK\r\nAlt-Svc: h3=\":443\"\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok");

        Wire.Reply reply = call("GET " + path + " HTTP/1.1\nHost: g");

        assertThat(reply.field("Alt-Svc")).isNull();
        assertThat(reply.field("X-A")).isEqualTo("1");
    }

    @Test
    void aRequestThatMayGoNoFurtherEndsHere() throws Exception {
        String path = route();
        answering(OK);

        Wire.Reply options = call("OPTIONS " + path + " HTTP/1.1\nHost: g\nMax-Forwards: 0");
        Wire.Reply trace = call("TRACE " + path + " HTTP/1.1\nHost: g\nMax-Forwards: 0\nCookie: secret");

        assertThat(options.status()).isEqualTo(204);
        assertThat(options.field("Allow")).contains("GET", "OPTIONS");
        assertThat(trace.status()).isEqualTo(200);
        assertThat(trace.field("Content-Type")).isEqualTo("message/http");
        assertThat(trace.text()).startsWith("TRACE " + path + " HTTP/1.1\r\n").doesNotContain("secret");
        assertThat(backend.heads).isEmpty();

        assertThat(call("OPTIONS " + path + " HTTP/1.1\nHost: g\nMax-Forwards: 1")
                        .status())
                .isEqualTo(200);
        assertThat(sent()).contains("Max-Forwards: 0");
        assertThat(call("GET " + path + " HTTP/1.1\nHost: g\nMax-Forwards: 0").status())
                .isEqualTo(200);
    }

    @Test
    void aBackendThatClosesAfterEachAnswerIsNotNoticed() throws Exception {
        String path = route();
        script(conversation -> {
            conversation.request();
            conversation.say(OK); // and closes
        });

        for (int i = 0; i < 100; i++) {
            assertThat(call("PUT " + path + " HTTP/1.1\nHost: g\nContent-Length: 0")
                            .status())
                    .isEqualTo(200);
        }
    }

    // --- HTTP/1.0

    @Test
    void anOldClientIsNotSentChunks() throws Exception {
        String path = route();
        answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n");
        Wire wire = wire();

        wire.send("GET " + path + " HTTP/1.0\nHost: g\nTE: trailers\n\n");

        Wire.Reply head = wire.readHead();
        assertThat(head.field("Transfer-Encoding")).isNull();
        assertThat(head.field("Content-Length")).isNull();
        assertThat(head.field("Connection")).isEqualTo("close");
        assertThat(text(wire.readToEnd())).isEqualTo("ok!");
    }

    @Test
    void anOldClientIsToldALengthThatIsKnown() throws Exception {
        String path = route();
        answering(OK);

        Wire.Reply reply = call("GET " + path + " HTTP/1.0\nHost: g");

        assertThat(reply.field("Content-Length")).isEqualTo("2");
        assertThat(reply.text()).isEqualTo("ok");
    }

    @Test
    void anOldClientSeesThatAnAnswerWasCutShort() throws Exception {
        String path = route();
        CountDownLatch seen = new CountDownLatch(1);
        script(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
            seen.await();
        });
        Wire wire = wire();

        wire.send("GET " + path + " HTTP/1.0\nHost: g\n\n");
        wire.readHead();
        assertThat(text(wire.exactly(2))).isEqualTo("ok");
        seen.countDown();

        assertThatThrownBy(wire::readToEnd).isInstanceOf(SocketException.class);
    }

    // --- whoever goes away

    @Test
    void aClientThatGoesWhileItWaitsFreesTheBackend() throws Exception {
        String path = route();
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        script(conversation -> {
            conversation.request();
            arrived.countDown();
            conversation.awaitClose();
            closed.countDown();
        });
        Wire wire = wire();

        wire.send("GET " + path + " HTTP/1.1\nHost: g\n\n");
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        wire.reset();

        assertThat(closed.await(2, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 100000", "Transfer-Encoding: chunked"})
    void aClientThatGoesInTheMiddleOfItsRequestCutsItAtTheBackend(String framing) throws Exception {
        String path = route();
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        AtomicLong rest = new AtomicLong();
        script(conversation -> {
            conversation.head();
            conversation.in.readNBytes(5);
            arrived.countDown();
            rest.set(conversation.in.readAllBytes().length);
            closed.countDown();
        });
        Wire wire = wire();

        wire.send("POST " + path + " HTTP/1.1\nHost: g\n" + framing + "\n\n5\nhello\n");
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        wire.close();

        assertThat(closed.await(2, TimeUnit.SECONDS)).isTrue();
        assertThat(rest.get()).as("no end was sent").isLessThan(8);
    }

    @Test
    void aClientThatGoesInTheMiddleOfTheAnswerFreesTheBackend() throws Exception {
        String path = route();
        CountDownLatch closed = new CountDownLatch(1);
        script(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
            conversation.awaitClose();
            closed.countDown();
        });
        Wire wire = wire();

        wire.send("GET " + path + " HTTP/1.1\nHost: g\n\n");
        wire.readHead();
        wire.exactly(5);
        wire.reset();

        assertThat(closed.await(2, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"'', 502, backend-unreachable", "'garbage\r\n\r\n', 502, backend-protocol-error"})
    void aBackendThatGoesWithoutAnAnswerIsABadGateway(String answer, int status, String problem) throws Exception {
        String path = route();
        script(conversation -> {
            conversation.request();
            conversation.say(answer);
        });

        Wire.Reply reply = call("GET " + path + " HTTP/1.1\nHost: g");

        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.problem()).isEqualTo(problem);
        assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBackendThatGoesInTheMiddleOfAnAnswerLeavesItWithoutAnEnd(boolean reset) throws Exception {
        String path = route();
        CountDownLatch seen = new CountDownLatch(2);
        AtomicBoolean chunked = new AtomicBoolean();
        script(conversation -> {
            conversation.request();
            conversation.say(
                    chunked.get()
                            ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
                            : "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            seen.await();
            if (reset) {
                conversation.reset();
            }
        });
        Wire counted = wire();
        counted.send("GET " + path + " HTTP/1.1\nHost: g\n\n");
        counted.readHead();
        assertThat(text(counted.exactly(5))).isEqualTo("hello");
        chunked.set(true);
        Wire inChunks = wire();
        inChunks.send("GET " + path + " HTTP/1.1\nHost: g\n\n");
        inChunks.readHead();
        assertThat(text(inChunks.readChunk())).isEqualTo("hello");

        seen.countDown();
        seen.countDown();

        assertThat(counted.readToEnd()).isEmpty();
        assertThatThrownBy(inChunks::readChunk).isInstanceOf(EOFException.class);
    }

    // --- whoever is slow

    @Test
    void aClientThatDoesNotReadHoldsTheBackendBack() throws Exception {
        AtomicLong written = new AtomicLong();
        CountDownLatch closed = new CountDownLatch(1);
        script(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
            byte[] piece = new byte[64 * 1024];
            try {
                for (; ; ) {
                    conversation.out.write(piece);
                    written.addAndGet(piece.length);
                }
            } catch (IOException e) {
                closed.countDown();
            }
        });
        Wire wire = open(new Wire(transport, listeners.port(), 8 * 1024));

        wire.send("GET /silent/x HTTP/1.1\nHost: g\n\n");
        wire.readHead();
        AtomicLong last = new AtomicLong(-1);
        await().pollInterval(Duration.ofMillis(50))
                .atMost(LIMIT)
                .during(Duration.ofMillis(1700)) // more than twice as long as the backend may be silent
                .until(() -> last.getAndSet(written.get()) == written.get());
        assertThat(written.get()).isBetween(1L, 30_000_000L);

        int beyond = (int) written.get() + 1_000_000; // what was on its way when it stopped
        assertThat(wire.exactly(beyond)).hasSize(beyond);
        assertThat(closed.getCount()).isOne();
        wire.close();
        assertThat(closed.await(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aBackendThatDoesNotBeginToAnswerIsATimeout() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        script(conversation -> {
            conversation.request();
            conversation.awaitClose();
            closed.countDown();
        });

        Wire.Reply reply = call("GET /slow/x HTTP/1.1\nHost: g");

        assertThat(reply.status()).isEqualTo(504);
        assertThat(reply.problem()).isEqualTo("backend-timeout");
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aBackendThatFallsSilentIsCutOff() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        script(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
            conversation.awaitClose();
            closed.countDown();
        });
        Wire wire = wire();

        wire.send("GET /silent/x HTTP/1.1\nHost: g\n\n");
        wire.readHead();
        assertThat(text(wire.readChunk())).isEqualTo("hello");

        assertThatThrownBy(wire::readChunk).isInstanceOf(EOFException.class);
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    // --- waiting

    @Test
    void requestsBeyondTheConcurrencyWaitAndBeyondTheQueueAreRefused() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch arrived = new CountDownLatch(1);
        script(conversation -> {
            while (conversation.request() != null) {
                arrived.countDown();
                go.await();
                conversation.say(OK);
            }
        });
        String head = "POST /narrow/x HTTP/1.1\nHost: g\nContent-Length: 2\n";
        double passed = listeners.count("sluice.passed", "route", "narrow");
        double refused = listeners.count("sluice.refused", "problem", "queue-full");
        Wire first = wire().send(head + "\nhi");
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        Wire[] others = {wire(), wire()};
        for (Wire other : others) {
            other.send(head + "Expect: 100-continue\n\n");
        }
        await().atMost(LIMIT).until(() -> listeners.count("sluice.refused", "problem", "queue-full") == refused + 1);
        go.countDown();

        assertThat(first.read().text()).isEqualTo("ok");
        List<Integer> statuses = new ArrayList<>();
        for (Wire other : others) {
            Wire.Reply reply = other.read();
            statuses.add(reply.status());
            if (reply.status() == 503) {
                assertThat(reply.problem()).isEqualTo("queue-full");
                assertThat(Integer.parseInt(reply.field("Retry-After"))).isPositive();
            } else {
                assertThat(other.send("hi").read().text()).isEqualTo("ok");
            }
        }
        assertThat(statuses).containsExactlyInAnyOrder(100, 503);
        await().atMost(LIMIT).until(() -> listeners.count("sluice.passed", "route", "narrow") == passed + 2);
    }
}
