package dev.sluice.backend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.FreePorts;
import dev.sluice.backend.Backend.Receiver;
import dev.sluice.job.Headers;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** What every {@link Backend} promises, held against servers that behave and servers that do not. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class BackendContractTest extends PassThroughContract {

    // --- the request

    @Test
    void aRequestArrivesAsItWasSentAndItsAnswerComesBack() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            String request = conversation.request();
            assertThat(request)
                    .startsWith("POST /base/reports?a=b&a=%20c HTTP/1.1\r\n")
                    .endsWith("\r\n\r\n{\"q\":3}");
            conversation.say(
                    "HTTP/1.1 201 Done\r\nContent-Type: text/plain\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nh\0\u00ff\r\n");
        });
        CallPolicy policy = policy(server.uri() + "/base/");
        BackendRequest request = request(
                "POST", "/reports?a=b&a=%20c", "{\"q\":3}", "Content-Type", "application/json", "X-Mine", "yes");

        Response answer = answered(policy, request);

        assertThat(answer.head().status()).isEqualTo(201);
        assertThat(answer.head().headers()).isEqualTo(Headers.of("Content-Type", "text/plain", "X-One", "1"));
        assertThat(answer.body()).isEqualTo("h\0\u00ff\r\n");
        assertThat(fields(server, 0))
                .containsExactly(
                        "Host: 127.0.0.1:" + server.port(),
                        "Content-Type: application/json",
                        "X-Mine: yes",
                        "Via: 1.1 sluice",
                        "Forwarded: for=192.0.2.7;proto=https;host=\"api.example.org:8443\"",
                        "X-Forwarded-For: 192.0.2.7",
                        "X-Forwarded-Proto: https",
                        "X-Forwarded-Host: api.example.org:8443",
                        "Idempotency-Key: " + JOB,
                        "Sluice-Job: " + JOB,
                        "Sluice-Attempt: 3",
                        "Content-Length: 7");
        assertThat(server.failures).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a%2Fb//c;x=1/..%2e?q=%20",
                "/",
                "/?",
                "//double",
                "/a/../b/./c",
                "/%7Euser/~user",
                "/a?x=http://other/&y=[1]|{2}^`\"<>\\",
                "/a#b",
                "/http://other.example/x",
                "/a%zz%",
            })
    void theTargetIsNeverTouched(String target) throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));

        answered(policy(server.uri()), request("GET", target, ""));
        answered(policy(server.uri() + "/v1"), request("GET", target, ""));

        assertThat(server.heads.get(0)).startsWith("GET " + target + " HTTP/1.1\r\n");
        assertThat(server.heads.get(1)).startsWith("GET /v1" + target + " HTTP/1.1\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, '', ",
        "GET, body, 4",
        "HEAD, '', ",
        "DELETE, '', ",
        "DELETE, body, 4",
        "OPTIONS, '', ",
        "OPTIONS, body, 4",
        "POST, '', 0",
        "POST, body, 4",
        "PUT, '', 0",
        "PATCH, '', 0",
        "PURGE, '', ",
        "PURGE, body, 4",
        "x-!#$%, body, 4",
    })
    void anyMethodIsSentWithTheLengthItHas(String method, String body, String length) throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(method.equals("HEAD") ? "HTTP/1.1 200 OK\r\n\r\n" : OK));
        CallPolicy policy = oneConnection(server);

        answered(policy, request(method, "/x", body));
        answered(policy, request(method, "/x", body)); // the connection is in order for another

        for (int i = 0; i < server.heads.size(); i++) {
            assertThat(server.heads.get(i))
                    .startsWith(method + " /x HTTP/1.1\r\n")
                    .doesNotContainIgnoringCase("transfer-encoding");
            assertThat(fields(server, i).stream().filter(line -> line.startsWith("Content-Length:")))
                    .isEqualTo(length == null ? List.of() : List.of("Content-Length: " + length));
        }
        assertThat(server.heads).hasSize(2);
        assertThat(server.connections).hasValue(1);
    }

    @Test
    void anEmptyBodyThatTheClientDeclaredStaysDeclared() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));

        answered(policy(server.uri()), request("DELETE", "/x", "", "content-length", "0"));

        assertThat(fields(server, 0)).contains("Content-Length: 0");
    }

    @Test
    void fieldsAreRepeatedInOrderAndHopByHopFieldsEndHere() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-A: 1\r\n"
                + "set-cookie: b=2\r\nConnection: X-Hop, close\r\nX-hop: gone\r\nKeep-Alive: timeout=5\r\n"
                + "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nTrailer: X-T\r\nTE: x\r\nX-A: 2\r\nVia: 1.0 other\r\n"
                + "Content-Length: 2\r\n\r\nok"));

        Response answer = answered(
                policy(server.uri()),
                request(
                        "GET",
                        "/x",
                        "",
                        "X-A",
                        "1",
                        "Cookie",
                        "a=1",
                        "x-a",
                        "2",
                        "Connection",
                        "x-hop , keep-alive",
                        "Connection",
                        "X-Other",
                        "X-Hop",
                        "gone",
                        "x-other",
                        "gone",
                        "Keep-Alive",
                        "1",
                        "TE",
                        "trailers",
                        "Trailer",
                        "X-T",
                        "Transfer-Encoding",
                        "chunked",
                        "Upgrade",
                        "h2c",
                        "Proxy-Authorization",
                        "Basic x",
                        "Proxy-Connection",
                        "keep-alive",
                        "HTTP2-Settings",
                        "AAM",
                        "Via",
                        "1.0 fred",
                        "X-A",
                        "3"));

        assertThat(fields(server, 0))
                .startsWith(
                        "Host: 127.0.0.1:" + server.port(),
                        "X-A: 1",
                        "Cookie: a=1",
                        "x-a: 2",
                        "Via: 1.0 fred",
                        "X-A: 3")
                .contains("Via: 1.1 sluice")
                .noneMatch(
                        field -> field.matches(
                                "(?i)(x-hop|x-other|connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*|http2-.*):.*"));
        assertThat(answer.head().headers())
                .isEqualTo(Headers.of(
                        "Set-Cookie", "a=1", "X-A", "1", "set-cookie", "b=2", "X-A", "2", "Via", "1.0 other"));
    }

    @Test
    void whatIsMeantForTheGatewayEndsHere() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));

        answered(
                policy(server.uri()),
                request(
                        "GET",
                        "/x",
                        "",
                        "Host",
                        "evil",
                        "Expect",
                        "100-continue",
                        "Sluice-Job",
                        "mine",
                        "SLUICE-ATTEMPT",
                        "9",
                        "Sluice-Delay",
                        "1s",
                        "Idempotency-Key",
                        "\"k 1\"",
                        "Authorization",
                        "Bearer t"));

        assertThat(fields(server, 0))
                .containsExactly(
                        "Host: 127.0.0.1:" + server.port(),
                        "Idempotency-Key: \"k 1\"",
                        "Authorization: Bearer t",
                        "Via: 1.1 sluice",
                        "Forwarded: for=192.0.2.7;proto=https;host=\"api.example.org:8443\"",
                        "X-Forwarded-For: 192.0.2.7",
                        "X-Forwarded-Proto: https",
                        "X-Forwarded-Host: api.example.org:8443",
                        "Sluice-Job: " + JOB,
                        "Sluice-Attempt: 3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2001:db8::1 | for=\"[2001:db8::1]\";proto=https;host=h",
                "[2001:db8::1] | for=\"[2001:db8::1]\";proto=https;host=h",
                "fe80::1%eth0 | for=\"[fe80::1]\";proto=https;host=h",
                "'' | for=unknown;proto=https;host=h",
            })
    void forwardedNamesTheClient(String client, String expected) throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        BackendRequest request = request("GET", "/x", "", new JobRequest.Origin(client, "https", "h"));

        answered(policy(server.uri()), request);

        assertThat(fields(server, 0)).contains("Forwarded: " + expected);
    }

    @Test
    void forwardedQuotesWhatWouldForgeAnElement() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        BackendRequest request =
                request("GET", "/x", "", new JobRequest.Origin("192.0.2.1", "http", "h\";for=\"evil\\"));

        answered(policy(server.uri()), request);

        assertThat(fields(server, 0)).contains("Forwarded: for=192.0.2.1;proto=http;host=\"h\\\";for=\\\"evil\\\\\"");
    }

    @Test
    void nothingIsSentThatCouldBeReadAsMoreThanOneRequest() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        CallPolicy policy = policy(server.uri());
        List<BackendRequest> bad = List.of(
                request("GET", "/x", "", "X-A", "1\r\nX-B: 2"),
                request("GET", "/x", "", "X-A", "1\nX-B: 2"),
                request("GET", "/x", "", "X-A", "1\0"),
                request("GET", "/x", "", "X-A: 1\r\nX-B", "2"),
                request("GET", "/x", "", "X A", "2"),
                request("GET", "/x", "", "", "2"),
                request("GET", "/x HTTP/1.1\r\nX-B: 2\r\n\r\n", ""),
                request("GET", "/x y", ""),
                request("GET", "/\u00e4", ""),
                request("GET", "http://other/", ""),
                request("GET", "*", ""),
                request("GET /x HTTP/1.1\r\nX-B: 2\r\n\r\nGET", "/x", ""),
                request("CONNECT", "/x", ""),
                request("GET", "/x", "", new JobRequest.Origin("1.1.1.1", "http", "h\r\nX-B: 2")),
                request("GET", "/x", "", new JobRequest.Origin("1.1.1.1\r\nX-B: 2", "http", "h")));

        for (BackendRequest request : bad) {
            StepVerifier.create(backend.call(request, policy, WHOLE))
                    .expectError(IllegalArgumentException.class)
                    .verify(LIMIT);
        }

        answered(policy, request("GET", "/last", ""));
        assertThat(server.heads).hasSize(1);
    }

    @Test
    void aCharacterAboveLatin1CannotTurnIntoALineBreak() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));

        answered(policy(server.uri()), request("GET", "/x", "", "X-A", "1\u010d\u010aX-B: 2"));

        assertThat(fields(server, 0)).contains("X-A: 1??X-B: 2").noneMatch(field -> field.startsWith("X-B"));
    }

    // --- bodies

    @Test
    void bigBodiesPassBothWaysUnderBackPressure() throws Exception {
        AtomicLong written = new AtomicLong();
        AtomicLong requestCrc = new AtomicLong();
        CountDownLatch read = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            long length = ScriptedServer.length(conversation.head());
            read.await();
            CRC32 crc = new CRC32();
            byte[] buffer = new byte[64 * 1024];
            for (long rest = length; rest > 0; ) {
                int count = conversation.in.read(buffer, 0, (int) Math.min(rest, buffer.length));
                crc.update(buffer, 0, count);
                rest -= count;
            }
            requestCrc.set(crc.getValue());
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: " + BIG + "\r\n\r\n");
            for (int i = 0; written.get() < BIG; i++) {
                conversation.out.write(piece(i));
                written.addAndGet(PIECE);
            }
        });
        AtomicLong produced = new AtomicLong();
        Flux<byte[]> body = Flux.range(0, (int) (BIG / PIECE))
                .map(BackendFixture::piece)
                .doOnNext(p -> produced.addAndGet(p.length));
        SlowReceiver receiver = new SlowReceiver();
        CallPolicy policy = policy(server.uri(), "max-response=100MB");
        BackendRequest request = new BackendRequest(JOB, 3, head("GET", "/x", ORIGIN), BIG, body, null);
        AtomicReference<Outcome<Long>> outcome = new AtomicReference<>();

        open(backend.call(request, policy, receiver).subscribe(outcome::set)::dispose);

        // As long as the backend reads nothing, no more is asked for than the sockets hold.
        stays(produced);
        assertThat(produced.get()).isBetween(PIECE, BIG / 5);
        read.countDown();
        // As long as the receiver asks for nothing, the backend can write no more than the sockets hold.
        until(() -> written.get() > 0);
        stays(written);
        assertThat(written.get()).isLessThan(BIG / 5);
        receiver.request(1);
        until(() -> receiver.received.get() > 0);
        stays(written);
        assertThat(written.get()).isLessThan(BIG / 5);
        receiver.request(Long.MAX_VALUE);
        until(() -> outcome.get() != null);
        CRC32 expected = new CRC32();
        for (int i = 0; i < BIG / PIECE; i++) {
            expected.update(piece(i));
        }
        assertThat(requestCrc.get()).isEqualTo(expected.getValue());
        assertThat(((Outcome.Answered<Long>) outcome.get()).received()).isEqualTo(expected.getValue());
        assertThat(receiver.received.get()).isEqualTo(BIG);
        assertThat(receiver.largest.get()).isLessThanOrEqualTo(64 * 1024);
    }

    @Test
    void aBodyInManyPiecesIsOneBody() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            String request = conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + request.substring(request.length() - 5));
        });
        Flux<byte[]> body = Flux.just("a", "", "bc", "de").map(text -> text.getBytes(UTF_8));

        BackendRequest request = new BackendRequest(JOB, 3, head("POST", "/x", ORIGIN), 5, body, null);

        assertThat(answered(policy(server.uri()), request).body()).isEqualTo("abcde");
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 40_000})
    void aBodyOfAnotherLengthThanPromisedIsAMistakeOfOurs(int size) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.awaitClose();
            closed.countDown();
        });
        CallPolicy policy = policy(server.uri(), "timeout=10s");
        for (int actual : new int[] {0, size - 1, size + 1}) {
            Flux<byte[]> body = Flux.just(new byte[actual], new byte[0]);
            BackendRequest request = new BackendRequest(JOB, 3, head("POST", "/x", ORIGIN), size, body, null);
            StepVerifier.create(backend.call(request, policy, WHOLE))
                    .expectErrorSatisfies(e -> assertThat(e)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("than its size"))
                    .verify(LIMIT);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 40_000})
    void anErrorOfTheRequestsBodyIsPassedOnAndTheConnectionIsClosed(int size) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.awaitClose();
            closed.countDown();
        });
        IOException mine = new IOException("the journal is broken");
        BackendRequest request = new BackendRequest(
                JOB, 3, head("POST", "/x", ORIGIN), size, Flux.concat(Mono.just(new byte[2]), Mono.error(mine)), null);

        StepVerifier.create(backend.call(request, policy(server.uri()), WHOLE))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(mine))
                .verify(LIMIT);

        if (size > 1000) { // a small body is gathered before anything is sent, and the connection stays usable
            assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(server.heads).isEmpty();
    }

    @Test
    void anAnswerBeforeTheEndOfTheRequestIsAnAnswer() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.head();
            conversation.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
            conversation.awaitClose();
        });
        AtomicBoolean stopped = new AtomicBoolean();
        Flux<byte[]> endless =
                Flux.concat(Mono.just(new byte[10]), Flux.<byte[]>never().doOnCancel(() -> stopped.set(true)));
        BackendRequest request = new BackendRequest(JOB, 3, head("POST", "/x", ORIGIN), BIG, endless, null);

        Response answer = answered(policy(server.uri()), request);

        assertThat(answer.head().status()).isEqualTo(413);
        assertThat(answer.body()).isEqualTo("big");
        until(stopped::get);
    }

    // --- answers

    @ParameterizedTest
    @CsvSource({"HEAD, 200 OK", "GET, 204 No Content", "GET, 304 Not Modified"})
    void someAnswersHaveNoBodyWhateverTheirFieldsSay(String method, String status) throws Exception {
        ScriptedServer server = open(ScriptedServer.answering("HTTP/1.1 " + status + "\r\nETag: \"x\""
                + (status.startsWith("204") ? "" : "\r\nContent-Length: 99999") + "\r\n\r\n"));
        CallPolicy policy = oneConnection(server, "max-response=10B");

        for (int i = 0; i < 2; i++) {
            Response answer = answered(policy, request(method, "/x", ""));
            assertThat(answer.head().status()).isEqualTo(Integer.parseInt(status.substring(0, 3)));
            assertThat(answer.head().headers())
                    .isEqualTo(
                            method.equals("HEAD") // where it is no framing
                                    ? Headers.of("ETag", "\"x\"", "Content-Length", "99999")
                                    : Headers.of("ETag", "\"x\""));
            assertThat(answer.body()).isEmpty();
        }
        // Where one is announced it might follow after all, and must not be taken for the next answer.
        assertThat(server.connections).hasValue(status.startsWith("204") ? 1 : 2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nX-T: 1\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\nhello",
                "HTTP/1.0 200 OK\r\n\r\nhello",
                "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
            })
    void anyFramingIsUnderstood(String bytes) throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(bytes);
        });

        Response answer = answered(policy(server.uri()), request("GET", "/x", ""));

        assertThat(answer.body()).isEqualTo("hello");
        assertThat(answer.head().headers()).isEqualTo(Headers.NONE);
    }

    @Test
    void interimAnswersAreIgnored() throws Exception {
        ScriptedServer server =
                open(ScriptedServer.answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
                        + "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK));
        ScriptedServer slow = scripted(conversation -> {
            while (conversation.request() != null) {
                conversation.say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
                conversation.socket.setTcpNoDelay(true);
                conversation.say(OK);
            }
        });

        for (ScriptedServer each : List.of(server, slow)) {
            CallPolicy policy = oneConnection(each);
            for (int i = 0; i < 3; i++) {
                assertThat(answered(policy, request("GET", "/x", "")))
                        .isEqualTo(new Response(new JobResult(200, Headers.NONE), "ok"));
            }
            assertThat(each.connections).hasValue(1);
        }
    }

    @Test
    void answersAreNeitherDecompressedNorFollowed() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"
                + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001f\u008bxx"));

        Response answer = answered(policy(server.uri()), request("GET", "/x", "", "Accept-Encoding", "gzip"));

        assertThat(answer)
                .isEqualTo(new Response(
                        new JobResult(302, Headers.of("Location", "/elsewhere", "Content-Encoding", "gzip")),
                        "\u001f\u008bxx"));
        assertThat(server.heads).hasSize(1);
    }

    // --- connections

    @Test
    void aConnectionIsUsedAgain() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        CallPolicy policy = oneConnection(server);

        for (int i = 0; i < 5; i++) {
            answered(policy, request("POST", "/x", "body"));
        }

        assertThat(server.heads).hasSize(5);
        assertThat(server.connections).hasValue(1);
    }

    @Test
    void aConnectionThatTheBackendClosedWhileIdleCostsNoAttempt() throws Exception {
        AtomicInteger closed = new AtomicInteger();
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(OK); // and promises nothing about closing
            conversation.socket.shutdownOutput();
            conversation.awaitClose(); // the gateway has seen it and closed its side
            closed.incrementAndGet();
        });
        CallPolicy policy = oneConnection(server);

        for (int i = 1; i <= 5; i++) {
            answered(policy, request("POST", "/x", "body"));
            int now = i;
            until(() -> closed.get() == now);
        }

        assertThat(server.heads).hasSize(5);
    }

    @Test
    void aRouteHasAsManyConnectionsAsItsConcurrency() throws Exception {
        CountDownLatch arrived = new CountDownLatch(3);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            arrived.countDown();
            arrived.await();
            conversation.say(OK);
        });
        CallPolicy policy = policy(server.uri(), "concurrency=3");

        StepVerifier.create(Flux.range(0, 3)
                        .flatMap(i -> backend.call(request("POST", "/x", "body"), policy, WHOLE))
                        .filter(Outcome.Answered.class::isInstance)
                        .count())
                .expectNext(3L)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void anAnswerNobodyAskedForIsNotTakenForTheNextOne() throws Exception {
        AtomicInteger closed = new AtomicInteger();
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(OK + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
            conversation.awaitClose();
            closed.incrementAndGet();
        });
        CallPolicy policy = oneConnection(server);

        for (int i = 1; i <= 3; i++) {
            assertThat(answered(policy, request("GET", "/x", "")).body()).isEqualTo("ok");
            int now = i;
            until(() -> closed.get() == now);
        }
    }

    // --- failures

    @Test
    void aBackendThatIsNotThereIsUnreachable() throws Exception {
        int port = FreePorts.next();
        failed(Problem.BACKEND_UNREACHABLE, policy("http://127.0.0.1:" + port), request("GET", "/x", ""));
        neverSent(Problem.BACKEND_UNREACHABLE, policy("http://127.0.0.1:" + port), request("GET", "/x", ""));
        neverSent(Problem.BACKEND_UNREACHABLE, policy("http://no-such-host.invalid"), request("GET", "/x", ""));
        failed(Problem.BACKEND_UNREACHABLE, policy("http://[::1]:" + port), request("GET", "/x", ""));
        failed(
                Problem.BACKEND_UNREACHABLE,
                policy("http://no-such-host.invalid", "connect-timeout=1s"),
                request("GET", "/x", ""));
    }

    @Test
    void aConnectionThatIsNotMadeInTimeIsUnreachable() throws Exception {
        ServerSocket full = open(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        fill(full);
        String uri = "http://127.0.0.1:" + full.getLocalPort();

        failed(Problem.BACKEND_UNREACHABLE, policy(uri, "connect-timeout=300ms"), request("GET", "/x", ""));
        failed(Problem.BACKEND_UNREACHABLE, policy(uri, "timeout=300ms"), request("GET", "/x", ""));
        neverSent(Problem.BACKEND_UNREACHABLE, policy(uri, "connect-timeout=300ms"), request("GET", "/x", ""));
        neverSent(Problem.BACKEND_UNREACHABLE, policy(uri, "timeout=300ms"), request("GET", "/x", ""));
    }

    @Test
    void theBackendMayHaveSeenWhatItTookAndDidNotAnswer() throws Exception {
        ScriptedServer closing = scripted(conversation -> conversation.request());
        assertThat(sent(Problem.BACKEND_UNREACHABLE, policy(closing.uri()), request("POST", "/x", "b")))
                .isTrue();
        ScriptedServer silent = scripted(conversation -> conversation.awaitClose());
        assertThat(sent(Problem.BACKEND_TIMEOUT, policy(silent.uri(), "timeout=300ms"), request("POST", "/x", "b")))
                .isTrue();
        ScriptedServer talking = scripted(conversation -> conversation.say("garbage\r\n\r\n"));
        assertThat(sent(Problem.BACKEND_PROTOCOL_ERROR, policy(talking.uri()), request("POST", "/x", "b")))
                .isTrue();
    }

    /** As after a restart that takes a while: the first connection was idle, the second is refused. */
    @Test
    void whatWasSentOnAConnectionThatWasClosedMayHaveBeenSeenAlthoughTheNextIsRefused() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(OK);
            conversation.request();
            conversation.closeServer();
            conversation.reset();
        });
        CallPolicy policy = oneConnection(server);
        answered(policy, request("GET", "/x", ""));
        assertThat(sent(Problem.BACKEND_UNREACHABLE, policy, request("GET", "/x", "")))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 1_000_000})
    void aConnectionClosedWithoutAnAnswerIsUnreachableAndNothingIsSentTwice(int size) throws Exception {
        for (boolean reset : new boolean[] {false, true}) {
            ScriptedServer server = scripted(conversation -> {
                conversation.request();
                if (reset) {
                    conversation.reset();
                }
            });

            failed(Problem.BACKEND_UNREACHABLE, policy(server.uri()), request("POST", "/x", "b".repeat(size)));

            assertThat(server.heads).hasSize(1);
            assertThat(server.connections).hasValue(1);
        }
    }

    @Test
    void aUsedConnectionClosedWithoutAnAnswerIsUnreachableAndNothingIsSentTwice() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(OK);
            conversation.request();
            conversation.reset();
        });
        CallPolicy policy = oneConnection(server);

        answered(policy, request("POST", "/x", "1"));
        failed(Problem.BACKEND_UNREACHABLE, policy, request("POST", "/x", "2"));

        assertThat(server.heads).hasSize(2);
        assertThat(server.connections).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage\r\n\r\n",
                "\0\1\2\3\r\n\r\n",
                "SSH-2.0-OpenSSH_9\r\n\r\n",
                "HTTP/1.1 OK\r\n\r\n",
                "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 -1 OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
                "HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Origin: http://a\r\nSec-WebSocket-Location: ws://a/\r\n\r\n0123456789abcdef",
                "HTTX/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokx",
                "HTTP/1.1 200 OK\r\nX-A: 1\0\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-Cut: shor",
            })
    void garbageIsAProtocolError(String bytes) throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(bytes);
        });

        failed(Problem.BACKEND_PROTOCOL_ERROR, policy(server.uri()), request("POST", "/x", "body"));

        assertThat(server.heads).hasSize(1);
    }

    @Test
    void aHeaderWithoutAnEndIsTooLarge() throws Exception {
        AtomicLong written = new AtomicLong();
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\n");
            for (int i = 0; i < 1_000_000; i++) {
                conversation.say("X-Field-" + i + ": 0123456789012345678901234567890123456789\r\n");
                written.incrementAndGet();
            }
        });

        failed(Problem.BACKEND_ANSWER_TOO_LARGE, policy(server.uri()), request("GET", "/x", ""));

        until(() -> !server.failures.isEmpty()); // the connection is closed
        assertThat(written.get()).isLessThan(1_000_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsho",
            })
    void anAnswerCutShortIsAProtocolErrorWhateverTheReceiverMakesOfIt(String bytes) throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(bytes);
        });
        CallPolicy policy = policy(server.uri());
        AtomicReference<Throwable> seen = new AtomicReference<>();
        Receiver<String> swallowing = answer ->
                answer.body().doOnError(seen::set).then(Mono.just("whole")).onErrorReturn("swallowed");
        Receiver<String> replacing =
                answer -> answer.body().then(Mono.just("whole")).onErrorMap(e -> new IllegalStateException("mine"));

        failed(Problem.BACKEND_PROTOCOL_ERROR, policy, request("GET", "/x", ""));
        failed(Problem.BACKEND_PROTOCOL_ERROR, policy, request("GET", "/x", ""), swallowing);
        failed(Problem.BACKEND_PROTOCOL_ERROR, policy, request("GET", "/x", ""), replacing);

        assertThat(seen.get()).isNotNull();
    }

    @Test
    void anAnswerThatBeginsTooLateIsATimeoutAndTheConnectionIsClosed() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.awaitClose();
            closed.countDown();
        });

        failed(Problem.BACKEND_TIMEOUT, policy(server.uri(), "timeout=200ms"), request("POST", "/x", "body"));

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anAnswerThatEndsTooLateIsATimeoutAndTheConnectionIsClosed() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        AtomicReference<Throwable> seen = new AtomicReference<>();
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            conversation.awaitClose();
            closed.countDown();
        });

        failed(
                Problem.BACKEND_TIMEOUT,
                policy(server.uri(), "timeout=200ms"),
                request("POST", "/x", "body"),
                answer -> answer.body().doOnError(seen::set).then(Mono.just("whole")));

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(seen.get()).isNotNull();
    }

    @Test
    void theTimeoutStartsAnewWithEachReportAndPassesAfterTheLast() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.awaitClose();
        });
        Heartbeat heartbeat =
                new Heartbeat("http://gateway/jobs/1/progress?token=t", "http://gateway/jobs/1/completion?token=u");
        BackendRequest request = new BackendRequest(JOB, 3, head("GET", "/x", ORIGIN), 0, Flux.empty(), heartbeat);
        AtomicLong lastSign = new AtomicLong();
        open(Flux.interval(Duration.ofMillis(50)).take(20).subscribe(tick -> {
            heartbeat.beat();
            lastSign.set(System.nanoTime());
        })::dispose);

        failed(Problem.BACKEND_TIMEOUT, policy(server.uri(), "timeout=500ms"), request);

        assertThat(Duration.ofNanos(System.nanoTime() - lastSign.get())).isBetween(Duration.ofMillis(500), LIMIT);
        assertThat(server.heads).hasSize(1);
        assertThat(server.heads.get(0))
                .contains("Sluice-Progress: http://gateway/jobs/1/progress?token=t\r\n")
                .contains("Sluice-Completion: http://gateway/jobs/1/completion?token=u\r\n");
        assertThat(request.toString()).doesNotContain("token");
    }

    @Test
    void aStreamMayTakeLongerThanTheTimeoutButNotFallSilent() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        open(end::countDown);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
            for (int piece = 0; piece < 15 && !end.await(100, TimeUnit.MILLISECONDS); piece++) {
                conversation.say("data: " + piece + "\n\n");
            }
            conversation.awaitClose();
        });
        List<String> seen = new CopyOnWriteArrayList<>();

        failed(
                Problem.BACKEND_TIMEOUT,
                policy(server.uri(), "timeout=1s", "idle-timeout=1s"),
                request("GET", "/x", ""),
                answer -> answer.body()
                        .doOnNext(piece -> seen.add(new String(piece, StandardCharsets.ISO_8859_1)))
                        .then(Mono.just("whole")));

        assertThat(String.join("", seen)).endsWith("data: 14\n\n");
    }

    @Test
    void aRequestThatIsNotReadInTimeIsATimeout() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        open(end::countDown);
        AtomicBoolean stopped = new AtomicBoolean();
        ScriptedServer server = scripted(conversation -> end.await());
        Flux<byte[]> body =
                Flux.range(0, (int) (BIG / PIECE)).map(BackendFixture::piece).doOnCancel(() -> stopped.set(true));
        BackendRequest request = new BackendRequest(JOB, 3, head("POST", "/x", ORIGIN), BIG, body, null);

        failed(Problem.BACKEND_TIMEOUT, policy(server.uri(), "timeout=300ms"), request);

        until(stopped::get);
    }

    @Test
    void howLongTheReceiverTakesAfterACompleteAnswerIsNotTheBackendsAffair() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        Receiver<String> slow =
                answer -> answer.body().then(Mono.delay(Duration.ofMillis(600)).thenReturn("stored"));

        StepVerifier.create(backend.call(request("GET", "/x", ""), policy(server.uri(), "timeout=300ms"), slow))
                .assertNext(outcome -> assertThat(outcome)
                        .isEqualTo(new Outcome.Answered<>(new JobResult(200, Headers.NONE), "stored")))
                .expectComplete()
                .verify(LIMIT);
    }

    /** As when the journal is away for a moment: it is not the backend that is late. */
    @Test
    void howLongTheReceiverDoesNotReadIsNotTheBackendsAffair() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        Receiver<String> late = answer -> Mono.delay(Duration.ofMillis(900))
                .thenMany(answer.body())
                .concatMap(piece -> Mono.just(piece).delayElement(Duration.ofMillis(900)), 1)
                .then(Mono.just("stored"));

        StepVerifier.create(backend.call(request("GET", "/x", ""), policy(server.uri(), "timeout=600ms"), late))
                .assertNext(outcome -> assertThat(outcome)
                        .isEqualTo(new Outcome.Answered<>(new JobResult(200, Headers.NONE), "stored")))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void anAnswerThatSaysItIsTooLargeIsNotEvenBegun() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n");
            conversation.awaitClose();
            closed.countDown();
        });
        AtomicBoolean asked = new AtomicBoolean();

        failed(
                Problem.BACKEND_ANSWER_TOO_LARGE,
                policy(server.uri(), "max-response=10B"),
                request("GET", "/x", ""),
                answer -> {
                    asked.set(true);
                    return answer.body().then(Mono.just(""));
                });

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(asked).isFalse();
    }

    @Test
    void anAnswerThatTurnsOutTooLargeIsCutOff() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            try {
                for (int i = 0; i < 1_000_000; i++) {
                    conversation.say("3e8\r\n" + "x".repeat(1000) + "\r\n");
                }
            } finally {
                conversation.awaitClose();
                closed.countDown();
            }
        });
        AtomicLong received = new AtomicLong();

        failed(
                Problem.BACKEND_ANSWER_TOO_LARGE,
                policy(server.uri(), "max-response=100KB"),
                request("GET", "/x", ""),
                answer -> answer.body()
                        .doOnNext(piece -> received.addAndGet(piece.length))
                        .then(Mono.just("")));

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(received.get()).isLessThanOrEqualTo(100 * 1024);
    }

    @Test
    void anAnswerOfExactlyTheLargestSizeIsTaken() throws Exception {
        ScriptedServer server =
                open(ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"));

        Response answer = answered(policy(server.uri(), "max-response=10B"), request("GET", "/x", ""));

        assertThat(answer.body()).isEqualTo("0123456789");
    }

    // --- the receiver

    @Test
    void anErrorOfTheReceiverIsPassedOnAndTheConnectionIsClosed() throws Exception {
        AtomicInteger closed = new AtomicInteger();
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            conversation.awaitClose();
            closed.incrementAndGet();
        });
        CallPolicy policy = policy(server.uri());
        IOException mine = new IOException("Connection reset by peer");
        List<Receiver<String>> receivers = List.of(
                answer -> Mono.error(mine),
                answer -> answer.body().next().then(Mono.error(mine)),
                answer -> answer.body()
                        .map(piece -> {
                            throw reactor.core.Exceptions.propagate(mine);
                        })
                        .then(Mono.just("")));

        for (int i = 0; i < receivers.size(); i++) {
            StepVerifier.create(backend.call(request("GET", "/x", ""), policy, receivers.get(i)))
                    .expectErrorSatisfies(
                            e -> assertThat(reactor.core.Exceptions.unwrap(e)).isSameAs(mine))
                    .verify(LIMIT);
            int now = i + 1;
            until(() -> closed.get() == now);
        }
    }

    @Test
    void aReceiverThatThrowsOrMakesNothingIsAMistakeOfOurs() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        CallPolicy policy = policy(server.uri());
        RuntimeException mine = new RuntimeException("mine");

        StepVerifier.create(backend.<String>call(request("GET", "/x", ""), policy, answer -> {
                    throw mine;
                }))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(mine))
                .verify(LIMIT);
        StepVerifier.create(backend.<String>call(
                        request("GET", "/x", ""),
                        policy,
                        answer -> answer.body().then(Mono.empty())))
                .expectError(IllegalStateException.class)
                .verify(LIMIT);
    }

    @Test
    void aReceiverThatDoesNotWantTheBodyLeavesNothingBehind() throws Exception {
        AtomicInteger closed = new AtomicInteger();
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\nhello");
            conversation.awaitClose();
            closed.incrementAndGet();
        });

        StepVerifier.create(
                        backend.call(request("GET", "/x", ""), policy(server.uri()), answer -> Mono.just("try again")))
                .assertNext(outcome -> assertThat(outcome)
                        .isEqualTo(new Outcome.Answered<>(new JobResult(503, Headers.NONE), "try again")))
                .expectComplete()
                .verify(LIMIT);

        until(() -> closed.get() == 1);
    }

    // --- cancelling

    @Test
    void nothingHappensBeforeSubscription() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        CallPolicy policy = policy(server.uri());
        Mono<Outcome<Response>> call = backend.call(request("GET", "/x", ""), policy, WHOLE);

        answered(policy, request("GET", "/other", ""));

        assertThat(server.heads).hasSize(1);
        StepVerifier.create(call.then(call)).expectNextCount(1).expectComplete().verify(LIMIT);
        assertThat(server.heads).hasSize(3); // once a subscription
    }

    @Test
    void cancellingBeforeTheAnswerClosesTheConnection() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            arrived.countDown();
            conversation.awaitClose();
            closed.countDown();
        });

        Disposable call = backend.call(request("POST", "/x", "body"), policy(server.uri()), WHOLE)
                .subscribe();
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        call.dispose();

        assertThat(closed.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void cancellingDuringTheAnswerClosesTheConnection() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        AtomicBoolean cancelled = new AtomicBoolean();
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            conversation.awaitClose();
            closed.countDown();
        });

        Disposable call = backend.call(
                        request("POST", "/x", "body"),
                        policy(server.uri()),
                        answer -> answer.body()
                                .doOnNext(piece -> arrived.countDown())
                                .doOnCancel(() -> cancelled.set(true))
                                .then(Mono.just("")))
                .subscribe();
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        call.dispose();

        assertThat(closed.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        until(cancelled::get);
    }

    /** Several times, because it may be cancelled just while the request is being sent. */
    @ParameterizedTest
    @ValueSource(longs = {100, BIG})
    void cancellingDuringTheRequestClosesTheConnectionAndStopsTheBody(long size) throws Exception {
        for (int i = 0; i < 20; i++) {
            cancelDuringTheRequest(size);
        }
    }

    private void cancelDuringTheRequest(long size) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        AtomicBoolean stopped = new AtomicBoolean();
        Sinks.Empty<Void> subscribed = Sinks.empty();
        ScriptedServer server = scripted(conversation -> {
            conversation.awaitClose();
            closed.countDown();
        });
        Flux<byte[]> stuck = Flux.concat(Mono.just(new byte[10]), Flux.<byte[]>never())
                .doOnSubscribe(s -> subscribed.tryEmitEmpty())
                .doOnCancel(() -> stopped.set(true));
        BackendRequest request = new BackendRequest(JOB, 3, head("POST", "/x", ORIGIN), size, stuck, null);

        Disposable call = backend.call(request, policy(server.uri()), WHOLE).subscribe();
        StepVerifier.create(subscribed.asMono()).expectComplete().verify(LIMIT);
        call.dispose();

        assertThat(closed.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        until(stopped::get);
        assertThat(server.heads).isEmpty();
    }
}
