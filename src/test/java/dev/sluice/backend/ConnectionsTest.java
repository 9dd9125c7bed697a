package dev.sluice.backend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.ConfigurationException;
import dev.sluice.route.RouteTable;
import dev.sluice.route.Routes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslClosedEngineException;
import io.netty.resolver.DefaultAddressResolverGroup;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;
import reactor.netty.resources.LoopResources;
import reactor.test.StepVerifier;

/** What becomes of connections to backends that do not keep to the protocol, plain and over TLS. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectionsTest extends BackendFixture {

    private static final LoopResources LOOPS = LoopResources.create("test", 2, true);
    private static final String FORGED = "HTTP/1.1 200 OK\r\nSet-Cookie: user=a\r\nContent-Length: 4\r\n\r\nevil";

    private HttpBackend http;

    @Override
    Backend create() {
        http = new HttpBackend(
                LOOPS,
                TestKeys.bundles(),
                DefaultAddressResolverGroup.INSTANCE,
                new SimpleMeterRegistry(),
                key -> true);
        http.start();
        return http;
    }

    @AfterEach
    void closeBackend() {
        http.stop();
    }

    @AfterAll
    static void closeLoops() {
        LOOPS.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block(LIMIT);
    }

    private ScriptedServer server(boolean tls, ScriptedServer.Script script) throws Exception {
        return open(new ScriptedServer(script, tls ? TestKeys.context() : null, false));
    }

    private CallPolicy only(ScriptedServer server, String... settings) {
        CallPolicy plain = oneConnection(server, settings);
        if (!plain.target().isSecure()) {
            return plain;
        }
        String[] all = java.util.Arrays.copyOf(settings, settings.length + 1);
        all[settings.length] = "tls=trusting";
        return oneConnection(server, all);
    }

    // --- bytes behind an answer

    @ParameterizedTest
    @CsvSource({
        "HEAD, HTTP/1.1 200 OK|Content-Length: 5||hello",
        "HEAD, HTTP/1.1 200 OK|||hello",
        "GET, HTTP/1.1 204 No Content|||hello",
        "GET, HTTP/1.1 304 Not Modified|ETag: \"x\"||hello",
        "GET, HTTP/1.1 200 OK|Content-Length: 5||hell\u00c3\u00b6",
        "GET, HTTP/1.1 200 OK|Content-Length: 5||hello|",
        "GET, HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|0||0||",
        "GET, HTTP/1.1 200 OK|Content-Length: 5||hello$",
        "GET, HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|0||$",
        "HEAD, HTTP/1.1 200 OK|Content-Length: 5||$",
    })
    void whatIsLeftOfAnAnswerIsNotTakenForTheNextOne(String method, String answer) throws Exception {
        String bytes = answer.replace("|", "\r\n").replace("$", FORGED);
        for (boolean tls : new boolean[] {false, true}) {
            ScriptedServer server = server(tls, conversation -> {
                for (String request = conversation.request(); request != null; request = conversation.request()) {
                    conversation.say(request.startsWith("POST") ? OK : bytes);
                }
            });
            CallPolicy policy = only(server, "mode=sync");
            // With one connection the next call waits for it, and gets it as soon as the answer has ended.
            StepVerifier.create(Flux.range(0, 6)
                            .flatMap(i -> backend.call(
                                    i % 2 == 0 ? request(method, "/x", "") : request("POST", "/next", "body"),
                                    policy,
                                    WHOLE))
                            .filter(outcome -> answered(outcome).equals("ok"))
                            .count())
                    .expectNext(3L)
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(server.heads).hasSize(6);
        }
    }

    private static String answered(Outcome<Response> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Answered.class);
        Response answer = ((Outcome.Answered<Response>) outcome).received();
        assertThat(answer.head().headers().first("Set-Cookie")).isEmpty();
        return answer.body();
    }

    /** The end of what is read at once falls between the answer and what is behind it. */
    @ParameterizedTest
    @ValueSource(ints = {2_048, 65_536})
    void whatIsLeftIsFoundWhereverTheReadsAreCut(int size) throws Exception {
        String head = "HTTP/1.1 200 OK\r\nContent-Length: ";
        for (boolean tls : new boolean[] {false, true}) {
            ScriptedServer server = server(tls, conversation -> {
                for (String request = conversation.request(); request != null; request = conversation.request()) {
                    int body = size - head.length() - Integer.toString(size).length() - 4;
                    conversation.say(
                            request.startsWith("POST") ? OK : head + body + "\r\n\r\n" + "x".repeat(body) + FORGED);
                }
            });
            CallPolicy policy = only(server, "mode=sync");
            StepVerifier.create(Flux.range(0, 8)
                            .flatMap(i -> backend.call(
                                    i % 2 == 0 ? request("GET", "/x", "") : request("POST", "/next", "body"),
                                    policy,
                                    WHOLE))
                            .filter(outcome -> answered(outcome).equals("ok"))
                            .count())
                    .expectNext(4L)
                    .expectComplete()
                    .verify(LIMIT);
        }
    }

    @ParameterizedTest
    @CsvSource({"30000, 1, 0", "30000, 2, 5000000", "2, 1, 0", "2, 2, 5000000", "70000, 3, 5000000"})
    void aConnectionRestsAfterAnAnswerInPiecesSinceMoreMayBeOnItsWay(int size, int reads, long rest) {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.pipeline().addLast(NettyPipeline.HttpCodec, new HttpClientCodec());
        new ResponseCodec(1_000, true, () -> 1).install(channel);
        for (int i = 0; i < 2; i++) { // what came before the second request does not count
            channel.writeOutbound(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"));
            String answer = "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n" + "x".repeat(size);
            for (int from = 0, read = 1; read <= reads; read++) {
                int to = answer.length() * read / reads;
                channel.writeInbound(read(answer.substring(from, to)));
                from = to;
            }
            assertThat(ResponseCodec.of(channel).restNanos()).isEqualTo(rest);
            assertThat(Connection.from(channel).isPersistent()).isTrue();
        }

        channel.writeInbound(read(FORGED));

        assertThat(channel.isActive()).isFalse();
        channel.finishAndReleaseAll();
    }

    /** As the socket gives it if there is no more. */
    private static ByteBuf read(String text) {
        return Unpooled.buffer(text.length() + 1).writeBytes(text.getBytes(UTF_8));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bytesThatNobodyWaitsForCloseTheConnection(boolean tls) throws Exception {
        AtomicInteger closed = new AtomicInteger();
        CountDownLatch idle = new CountDownLatch(1);
        open(idle::countDown);
        ScriptedServer server = server(tls, conversation -> {
            conversation.request();
            conversation.say(OK);
            idle.await();
            conversation.say("\n");
            conversation.awaitClose();
            closed.incrementAndGet();
        });
        CallPolicy policy = only(server);
        answered(policy, request("POST", "/x", "body"));
        idle.countDown();
        until(() -> closed.get() == 1);

        answered(policy, request("POST", "/x", "body"));
    }

    @Test
    void aBackendThatSpeaksTooLateForItsAnswerCostsAnIdempotentRequestNothing() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            boolean first = true;
            while (conversation.request() != null) {
                conversation.say(first ? OK : "more of the first" + OK);
                first = false;
            }
        });
        CallPolicy policy = only(server);
        answered(policy, request("GET", "/x", ""));

        assertThat(answered(policy, request("GET", "/x", "")).body()).isEqualTo("ok");

        assertThat(server.connections).hasValue(2);
    }

    // --- connections that the backend closes

    @ParameterizedTest
    @CsvSource({
        "GET, 0, false",
        "GET, 0, true",
        "HEAD, 0, false",
        "DELETE, 0, false",
        "OPTIONS, 5, false",
        "PUT, 5, false",
        "PUT, 5, true",
        "PUT, 200000, false"
    })
    void anIdempotentRequestIsSentAgainIfTheUsedConnectionEndsWithoutAnAnswer(String method, int size, boolean passed)
            throws Exception {
        ScriptedServer server = closingInsteadOfASecondAnswer();
        CallPolicy policy = only(server);
        String body = "b".repeat(size);
        answered(policy, request("POST", "/x", "first"));

        BackendRequest request = request(method, "/x", body);
        if (passed) {
            request = BackendRequest.passedThrough(request.head(), size, once(request.body()), false);
        }
        assertThat(answered(policy, request).head().status()).isEqualTo(200);

        assertThat(server.connections).hasValue(2);
        assertThat(server.heads).hasSize(3);
        assertThat(fields(server, 2)).isEqualTo(fields(server, 1)); // the same attempt
    }

    /** As that of a client, who does not send it twice. */
    private static Flux<byte[]> once(Flux<byte[]> body) {
        AtomicInteger subscribed = new AtomicInteger();
        return Flux.defer(() -> subscribed.getAndIncrement() == 0
                ? body
                : Flux.error(new IllegalStateException("there is only one body")));
    }

    private ScriptedServer closingInsteadOfASecondAnswer() throws IOException {
        return scripted(conversation -> {
            String request = conversation.request();
            conversation.say(request.startsWith("HEAD") ? "HTTP/1.1 200 OK\r\n\r\n" : OK);
            conversation.request();
        });
    }

    @Test
    void whatIsNotIdempotentOrCannotBeHadAgainIsNotSentAgain() throws Exception {
        ScriptedServer server = closingInsteadOfASecondAnswer();
        CallPolicy policy = only(server);
        answered(policy, request("POST", "/x", "first"));
        failed(Problem.BACKEND_UNREACHABLE, policy, request("POST", "/x", "second"));
        assertThat(server.heads).hasSize(2);

        answered(policy, request("POST", "/x", "third"));
        BackendRequest upload = request("PUT", "/x", "b".repeat(20_000));
        failed(
                Problem.BACKEND_UNREACHABLE,
                policy,
                BackendRequest.passedThrough(upload.head(), 20_000, once(upload.body()), false));
        assertThat(server.heads).hasSize(4);
    }

    @Test
    void theOnlyAttemptOfAJobIsNotSentAgainOnceItHasLeft() throws Exception {
        ScriptedServer server = closingInsteadOfASecondAnswer();
        CallPolicy policy = only(server);
        answered(policy, request("POST", "/x", "first"));
        BackendRequest job = request("PUT", "/x", "second");

        failed(
                Problem.BACKEND_UNREACHABLE,
                policy,
                new BackendRequest(JOB, 1, job.head(), job.size(), job.body(), false, null, true));

        assertThat(server.heads).hasSize(2);
    }

    /** In the first case there is time for another exchange, but not for all the time that one may take. */
    @ParameterizedTest
    @CsvSource({"600, 3", "900, 2"})
    void bothTogetherTakeNoLongerThanTheTimeout(int closedAfter, int requests) throws Exception {
        ScriptedServer server = scripted(conversation -> {
            if (conversation.request().contains("/first")) {
                conversation.say(OK);
                conversation.request();
                conversation.socket.setSoTimeout(closedAfter);
                assertThatThrownBy(() -> conversation.in.read()).isInstanceOf(SocketTimeoutException.class);
            } else {
                conversation.awaitClose();
            }
        });
        CallPolicy policy = only(server, "timeout=1500ms");
        answered(policy, request("POST", "/first", ""));

        long begun = System.nanoTime();
        Outcome<Response> outcome =
                backend.call(request("GET", "/x", ""), policy, WHOLE).block(LIMIT);

        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofMillis(2_000));
        assertThat(server.heads).hasSizeLessThanOrEqualTo(requests);
    }

    @Test
    void aNewConnectionThatEndsWithoutAnAnswerIsNotReplaced() throws Exception {
        ScriptedServer server = scripted(ScriptedServer.Conversation::request);

        failed(Problem.BACKEND_UNREACHABLE, only(server), request("GET", "/x", ""));

        assertThat(server.heads).hasSize(1);
    }

    @Test
    void anAnswerThatHadBegunIsNotAskedForAgainUnseen() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(OK);
            conversation.request();
            conversation.say("HTTP/1.1 20");
        });
        CallPolicy policy = only(server);
        answered(policy, request("GET", "/x", ""));

        failed(Problem.BACKEND_PROTOCOL_ERROR, policy, request("GET", "/x", ""));

        assertThat(server.heads).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"false, 400", "true, 100"})
    void aBackendThatClosesShortlyAfterEachAnswerIsNotNoticed(boolean tls, int calls) throws Exception {
        ScriptedServer server = server(tls, conversation -> {
            conversation.request();
            conversation.say(OK);
            conversation.end();
        });
        String[] settings = tls ? new String[] {"concurrency=4", "tls=trusting"} : new String[] {"concurrency=4"};
        CallPolicy policy = policy(server.uri(), settings);

        StepVerifier.create(Flux.range(0, calls)
                        .flatMap(i -> backend.call(request("GET", "/x", ""), policy, WHOLE), 4)
                        .filter(Outcome.Answered.class::isInstance)
                        .count())
                .expectNext((long) calls)
                .expectComplete()
                .verify(LIMIT);
    }

    /** TLS lets it close one direction, and leave the connection open. */
    @Test
    void anIdleConnectionOnWhichTheBackendSaysThatItClosesIsNotUsedAgain() {
        EmbeddedChannel channel = new EmbeddedChannel(new ResponseCodec(1_000, true));
        channel.writeOutbound(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"));
        channel.writeInbound(Unpooled.copiedBuffer(OK, UTF_8));
        assertThat(channel.isActive()).isTrue();

        channel.pipeline().fireUserEventTriggered(SslCloseCompletionEvent.SUCCESS);

        assertThat(channel.isActive()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void aRequestThatMeetsTheEndOfASecureConnectionHasLostItsConnection() {
        BackendFailure failure = BackendFailure.beforeAnswer(
                new SslClosedEngineException("SSLEngine closed already"), policy("https://localhost"));

        assertThat(failure.connectionLost()).isTrue();
        assertThat(failure.failure().detail()).isEqualTo("The backend closed the connection without an answer.");
    }

    /** Cancelled from another thread a moment before, at or after its end: it never closes the connection of the next one. */
    @Test
    void aCallThatIsCancelledAsItEndsLeavesTheNextOneAlone() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        CallPolicy policy = oneConnection(server, "mode=sync", "queue=10");
        AtomicLong ended = new AtomicLong();
        long taken = TimeUnit.MILLISECONDS.toNanos(1); // by late calls, on average
        for (int i = 0; i < 4_000; i++) {
            long begun = System.nanoTime();
            ended.set(0);
            Disposable first = backend.call(request("GET", "/first", ""), policy, WHOLE)
                    .subscribe(outcome -> ended.set(System.nanoTime()));
            CompletableFuture<Outcome<Response>> second =
                    backend.call(request("POST", "/second", "x"), policy, WHOLE).toFuture(); // waits for the connection
            while (System.nanoTime() - begun < taken * (50 + i % 70) / 100) {
                Thread.onSpinWait();
            }
            first.dispose();
            assertThat(second.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(Outcome.Answered.class);
            if (ended.get() != 0) {
                taken += (ended.get() - begun - taken) / 8;
            } else {
                taken += taken / 64;
            }
        }
    }

    @Test
    void aConnectionIsKeptAsLongAsTheRouteSays() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        CallPolicy each = only(server, "idle-connection=0s");
        answered(each, request("GET", "/x", ""));
        answered(each, request("GET", "/x", ""));
        assertThat(server.connections).hasValue(2);
        assertThat(fields(server, 0)).contains("Connection: close");

        CallPolicy mayfly = only(server, "connection-life=1ms");
        answered(mayfly, request("GET", "/x", ""));
        await().pollDelay(Duration.ofMillis(5)).until(() -> true);
        answered(mayfly, request("GET", "/x", ""));
        assertThat(server.connections).hasValue(4);
        assertThat(fields(server, 3)).noneMatch(field -> field.startsWith("Connection"));
    }

    // --- refusals before the request is read

    @ParameterizedTest
    @CsvSource({
        "false, 'Content-Length: 3\r\n'",
        "false, 'Connection: close\r\n'",
        "true, 'Content-Length: 3\r\n'",
    })
    void aRefusalOfALargeUploadIsHandedOn(boolean tls, String framing) throws Exception {
        ScriptedServer server = server(tls, conversation -> {
            conversation.head();
            conversation.say("HTTP/1.1 413 Too Large\r\n" + framing + "\r\nbig");
            if (!tls) {
                conversation.end(); // with most of the request unread, so that the connection is reset
            }
        });
        CallPolicy policy = only(server);
        for (int i = 0; i < 5; i++) {
            Flux<byte[]> body = Flux.range(0, 400).map(BackendFixture::piece);
            BackendRequest request = new BackendRequest(JOB, 3, head("POST", "/x", ORIGIN), 400 * PIECE, body, null);

            Response answer = answered(policy, request);

            assertThat(answer.head().status()).isEqualTo(413);
            assertThat(answer.body()).isEqualTo("big");
        }
    }

    // --- TLS

    @Test
    void theBundleOfARouteSaysWhomItTrustsAndAsWhomItIsKnown() throws Exception {
        ScriptedServer server = open(new ScriptedServer(
                conversation -> {
                    while (conversation.request() != null) {
                        conversation.say(OK);
                    }
                },
                TestKeys.context(),
                true));

        assertThat(answered(policy(server.uri(), "tls=known"), request("GET", "/x", ""))
                        .body())
                .isEqualTo("ok");
        // With TLS 1.3 it is refused when the first bytes of the request may have left.
        neverSent(Problem.BACKEND_UNREACHABLE, policy(server.uri(), "tls=trusting"), request("GET", "/x", ""));
        neverSent(Problem.BACKEND_UNREACHABLE, policy(server.uri()), request("GET", "/x", ""));
    }

    // --- connections without a request

    @Test
    void aBackendIsReachableIfAConnectionWithTheSettingsOfItsRouteHolds() throws Exception {
        ScriptedServer plain = server(false, ScriptedServer.Conversation::awaitClose);
        ScriptedServer secure = server(true, ScriptedServer.Conversation::awaitClose);
        ScriptedServer closing = server(false, conversation -> {});
        ScriptedServer mutual =
                open(new ScriptedServer(ScriptedServer.Conversation::awaitClose, TestKeys.context(), true));
        ScriptedServer gone = server(false, conversation -> {});
        gone.close();

        assertThat(reachable(policy(plain.uri()))).isTrue();
        assertThat(reachable(policy(secure.uri(), "tls=trusting"))).isTrue();
        assertThat(reachable(policy(mutual.uri(), "tls=known"))).isTrue();
        assertThat(reachable(policy(secure.uri()))).isFalse(); // the certificate is nobody's
        becomesUnreachable(policy(mutual.uri(), "tls=trusting")); // none is sent
        becomesUnreachable(policy(closing.uri()));
        assertThat(reachable(policy(gone.uri()))).isFalse();
        assertThat(reachable(policy("http://name.invalid"))).isFalse();
        assertThat(plain.heads).isEmpty();
        assertThat(plain.connections).hasValue(1);
    }

    private Boolean reachable(CallPolicy policy) {
        return backend.reachable(policy).block(LIMIT);
    }

    /** On a loaded machine the server may close a connection later than one has to hold. */
    private void becomesUnreachable(CallPolicy policy) {
        until(() -> !reachable(policy));
    }

    @Test
    void aBundleThatIsNotThereStopsTheStart() {
        RouteTable table = new RouteTable(List.of(Routes.route("r", "/r", "https://localhost", "tls=partner")));

        assertThatThrownBy(() -> BackendConfiguration.requireBundles(table, TestKeys.bundles()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("sluice.routes.r.tls is 'partner'; expected: the name of an SSL bundle");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAnswerOverTlsThatEndsWithTheConnectionNeedsItsProperEnd(boolean proper) throws Exception {
        ScriptedServer server = server(true, conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\n\r\nhello");
            if (proper) {
                conversation.end();
            } else {
                conversation.socket.close();
            }
        });
        if (proper) {
            assertThat(answered(only(server), request("GET", "/x", "")).body()).isEqualTo("hello");
        } else {
            failed(Problem.BACKEND_PROTOCOL_ERROR, only(server), request("GET", "/x", ""));
        }
    }

    // --- sloppy answers

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\nContent-Length: 5\nX-A: 1\n\nhello",
                "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nX-A: 1\n\n5\nhello\n0\n\n",
                "HTTP/1.1 200 OK\r\nthis is no field\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\n folded into nothing\r\nX-A:\r\n 1\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nno token: 1\r\n: 2\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length : 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5, 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n5  \r\nhello\r\n0 \r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n 05 ; a=b\r\nhello\r\n000\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: Chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.0 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1  200\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 \u00c3\u0085tg\u00c3\u00a4rdat\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200\r\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked,\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: , chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: a\r\nTransfer-Encoding: b\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-B: \u0001\r\n\r\n",
            })
    void whatIsSloppyButClearIsUnderstood(String bytes) throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            for (int at = 0; at < bytes.length(); at += 3) { // cut anywhere
                conversation.say(bytes.substring(at, Math.min(bytes.length(), at + 3)));
            }
            conversation.awaitClose();
        });

        Response answer = answered(only(server), request("GET", "/x", ""));

        assertThat(answer.body()).isEqualTo("hello");
        assertThat(answer.head().headers().fields()).hasSize(1);
        assertThat(answer.head().headers().first("X-A")).hasValue("1");
    }

    @Test
    void theHeadOfAnAnswerIsAsLargeAsTheRouteSays() throws Exception {
        String large = "HTTP/1.1 200 OK\r\nX-Large: " + "x".repeat(60_000) + "\r\nContent-Length: 2\r\n\r\nok";
        ScriptedServer server = open(ScriptedServer.answering(large));

        assertThat(answered(only(server), request("GET", "/x", ""))
                        .head()
                        .headers()
                        .first("X-Large"))
                .hasValue("x".repeat(60_000));
        assertThat(failure(only(server, "max-response-header=50KB"), "GET"))
                .isEqualTo(new Said(Problem.BACKEND_ANSWER_TOO_LARGE, false));
    }

    /** It can be read in two ways, so nothing follows on that connection. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"chunked, chunked | 2", "chunked,chunked, | 2", "chunked, | 1", "identity, chunked | 1"})
    void aConnectionIsKeptAfterAnAnswerThatCanBeReadInOneWay(String codings, int connections) throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + codings + "\r\n\r\n2\r\nok\r\n0\r\n\r\n"));
        CallPolicy policy = only(server);

        answered(policy, request("POST", "/x", "first"));
        answered(policy, request("POST", "/x", "second"));

        assertThat(server.connections).hasValue(connections);
    }

    // --- whether another try may end otherwise

    @ParameterizedTest
    @CsvSource({
        "'garbage\r\n\r\n', BACKEND_PROTOCOL_ERROR, false",
        "'HTTP/1.1 999 No\r\n\r\n', BACKEND_PROTOCOL_ERROR, false",
        "'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok', BACKEND_PROTOCOL_ERROR, false",
        "'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', BACKEND_PROTOCOL_ERROR, false",
        "'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', BACKEND_PROTOCOL_ERROR, false",
        "'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok!', BACKEND_PROTOCOL_ERROR, false",
        "'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n', BACKEND_ANSWER_TOO_LARGE, false",
        "'HTTP/1.1 200 OK\r\nContent-Le', BACKEND_PROTOCOL_ERROR, true",
        "'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok', BACKEND_PROTOCOL_ERROR, true",
        "'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n', BACKEND_PROTOCOL_ERROR, true",
        "'', BACKEND_UNREACHABLE, true",
    })
    void onlyWhatWasCutShortIsWorthATry(String bytes, Problem problem, boolean retryable) throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(bytes);
        });

        assertThat(failure(only(server, "max-response=50B"), "POST")).isEqualTo(new Said(problem, retryable));
    }

    private record Said(Problem problem, boolean retryable) {}

    private Said failure(CallPolicy policy, String method) {
        Outcome<Response> outcome =
                backend.call(request(method, "/x", ""), policy, WHOLE).block(LIMIT);
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        Outcome.Failed<Response> failed = (Outcome.Failed<Response>) outcome;
        return new Said(failed.failure().problem(), failed.failure().retryable());
    }
}
