package dev.sluice.backend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.backend.Backend.Receiver;
import dev.sluice.job.Headers;
import dev.sluice.job.JobRequest;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** What every {@link Backend} promises of requests that are passed through. */
abstract class PassThroughContract extends BackendFixture {

    private static final String MODE = "mode=sync";

    private static final Receiver<Long> LENGTH = answer -> answer.body().then(Mono.just(answer.length()));

    private static BackendRequest passed(String method, long size, Flux<byte[]> body, String... headers) {
        return BackendRequest.passedThrough(head(method, "/x", ORIGIN, headers), size, body, false);
    }

    private static BackendRequest get() {
        return passed("GET", 0, Flux.empty());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    // --- bodies

    @Test
    void aBodyOfUnknownLengthIsSentPieceByPiece() throws Exception {
        Sinks.Many<byte[]> pieces = Sinks.many().unicast().onBackpressureBuffer();
        CountDownLatch first = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            String head = conversation.head();
            assertThat(head).containsIgnoringCase("\r\nTransfer-Encoding: chunked\r\n");
            assertThat(head).doesNotContainIgnoringCase("content-length");
            assertThat(conversation.in.readNBytes(10)).isEqualTo(bytes("5\r\nhello\r\n"));
            first.countDown();
            assertThat(conversation.in.readNBytes(16)).isEqualTo(bytes("6\r\n world\r\n0\r\n\r\n"));
            conversation.say(OK);
        });
        AtomicReference<Outcome<Response>> outcome = new AtomicReference<>();

        open(backend.call(passed("POST", -1, pieces.asFlux()), policy(server.uri(), MODE), WHOLE)
                .subscribe(outcome::set)::dispose);
        pieces.tryEmitNext(bytes("hello"));
        assertThat(first.await(10, TimeUnit.SECONDS)).isTrue();
        pieces.tryEmitNext(bytes(" world"));
        pieces.tryEmitComplete();

        until(() -> outcome.get() != null);
        assertThat(outcome.get()).isInstanceOf(Outcome.Answered.class);
        assertThat(server.failures).isEmpty();
    }

    @Test
    void anEmptyBodyOfUnknownLengthEndsToo() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            for (int i = 0; i < 2; i++) {
                conversation.head();
                assertThat(conversation.in.readNBytes(5)).isEqualTo(bytes("0\r\n\r\n"));
                conversation.say(OK);
            }
        });
        CallPolicy policy = oneConnection(server, MODE);

        answered(policy, passed("POST", -1, Flux.empty()));
        answered(policy, passed("POST", -1, Flux.just(new byte[0])));

        assertThat(server.connections).hasValue(1);
        assertThat(server.failures).isEmpty();
    }

    @Test
    void aBodyOfUnknownLengthIsUnderBackPressure() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        open(end::countDown);
        ScriptedServer server = scripted(conversation -> end.await());
        AtomicLong produced = new AtomicLong();
        Flux<byte[]> endless = Flux.range(0, Integer.MAX_VALUE)
                .map(BackendFixture::piece)
                .doOnNext(piece -> produced.addAndGet(piece.length));

        open(backend.call(passed("POST", -1, endless), policy(server.uri(), MODE), WHOLE)
                .subscribe()::dispose);

        stays(produced);
        assertThat(produced.get()).isBetween(PIECE, BIG / 5);
    }

    @Test
    void anAnswerBeforeTheEndOfARequestOfUnknownLengthIsAnAnswer() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.head();
            conversation.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
            conversation.awaitClose();
            closed.countDown();
        });
        AtomicBoolean stopped = new AtomicBoolean();
        Flux<byte[]> endless =
                Flux.concat(Mono.just(new byte[10]), Flux.<byte[]>never().doOnCancel(() -> stopped.set(true)));

        Response answer = answered(policy(server.uri(), MODE), passed("POST", -1, endless));

        assertThat(answer.head().status()).isEqualTo(413);
        until(stopped::get);
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue(); // what follows would be taken for the rest of the body
    }

    @Test
    void cancellingInTheMiddleOfABodyOfUnknownLengthNeverEndsIt() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        AtomicReference<String> rest = new AtomicReference<>();
        ScriptedServer server = scripted(conversation -> {
            conversation.head();
            conversation.in.readNBytes(10);
            arrived.countDown();
            rest.set(new String(conversation.in.readAllBytes(), ISO_8859_1));
        });
        Flux<byte[]> stuck = Flux.concat(Mono.just(bytes("hello")), Flux.never());

        Disposable call = backend.call(passed("POST", -1, stuck), policy(server.uri(), MODE), WHOLE)
                .subscribe();
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        call.dispose();

        until(() -> rest.get() != null);
        assertThat(rest.get()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, 'HTTP/1.1 200 OK|Content-Length: 2||ok', 2",
        "GET, 'HTTP/1.1 200 OK|Transfer-Encoding: chunked||0||', -1",
        "GET, 'HTTP/1.1 200 OK|Content-Length: 0||', 0",
        "HEAD, 'HTTP/1.1 200 OK|Content-Length: 99999999999||', 99999999999",
        "HEAD, 'HTTP/1.1 200 OK||', -1",
        "GET, 'HTTP/1.1 304 Not Modified|Content-Length: 12||', 12",
    })
    void whatAnAnswerSaysOfItsLengthIsTold(String method, String answer, long length) throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(answer.replace("|", "\r\n")));

        StepVerifier.create(backend.call(passed(method, 0, Flux.empty()), policy(server.uri(), MODE), LENGTH))
                .assertNext(outcome -> assertThat(((Outcome.Answered<Long>) outcome).received())
                        .isEqualTo(length))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void anAnswerMayBeOfAnySize() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
            conversation.awaitClose();
        });

        StepVerifier.create(backend.call(get(), policy(server.uri(), MODE), answer -> Mono.just(answer.length())))
                .assertNext(outcome -> assertThat(((Outcome.Answered<Long>) outcome).received())
                        .isEqualTo(99999999999L))
                .expectComplete()
                .verify(LIMIT);
    }

    // --- fields

    @Test
    void aRouteChangesTargetAndFields() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(
                "HTTP/1.1 200 OK\r\nServer: secret\r\nX-Kept: 1\r\nserver: again\r\nContent-Length: 2\r\n\r\nok"));
        CallPolicy policy = Routes.route(
                        "stripped",
                        "/api/v1/**",
                        server.uri() + "/base/",
                        "strip-prefix=2",
                        "drop-response-headers=SERVER",
                        "add-request-headers.X-Key=k",
                        "drop-request-headers=cookie")
                .call();
        JobRequest head = head("GET", "/api/v1//a%2Fb?c", ORIGIN, "Cookie", "a=1");

        for (BackendRequest request : List.of(
                BackendRequest.passedThrough(head, 0, Flux.empty(), false),
                new BackendRequest(JOB, 1, head, 0, Flux.empty(), null))) {
            assertThat(answered(policy, request).head().headers()).isEqualTo(Headers.of("X-Kept", "1"));
        }

        assertThat(server.heads)
                .allSatisfy(sent -> assertThat(sent)
                        .startsWith("GET /base//a%2Fb?c HTTP/1.1\r\n")
                        .contains("X-Key: k\r\n", "X-Forwarded-Prefix: /api/v1\r\n")
                        .doesNotContain("Cookie"));
    }

    @Test
    void trailersAreThereBehindTheBody() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                + "Trailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nx-sum: 2\r\nKeep-Alive: 3\r\nX-Dropped: 4\r\n"
                + "Set-Cookie: a=1\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n\r\n"));
        ScriptedServer without = open(ScriptedServer.answering(OK));
        JobRequest head = head("GET", "/x", ORIGIN);
        BackendRequest asking = BackendRequest.passedThrough(head, 0, Flux.empty(), true);
        String drop = "drop-response-headers=x-dropped";

        assertThat(trailers(policy(server.uri(), MODE, drop), asking))
                .isEqualTo(Headers.of("X-Sum", "1", "x-sum", "2"));
        assertThat(trailers(policy(server.uri(), MODE, drop), get())).isEqualTo(Headers.NONE);
        assertThat(trailers(policy(without.uri(), MODE), asking)).isEqualTo(Headers.NONE);
    }

    private Headers trailers(CallPolicy policy, BackendRequest request) {
        Receiver<Headers> receiver =
                answer -> answer.body().then(answer.trailers().defaultIfEmpty(Headers.NONE));
        AtomicReference<Headers> trailers = new AtomicReference<>();
        StepVerifier.create(backend.call(request, policy, receiver))
                .consumeNextWith(outcome -> trailers.set(((Outcome.Answered<Headers>) outcome).received()))
                .expectComplete()
                .verify(LIMIT);
        return trailers.get();
    }

    // --- time limits

    @Test
    void anAnswerThatDoesNotBeginIsATimeoutAndTheConnectionIsClosed() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.awaitClose();
            closed.countDown();
        });
        CallPolicy policy = policy(server.uri(), MODE, "timeout=200ms");

        failed(Problem.BACKEND_TIMEOUT, policy, passed("POST", 4, Flux.just(bytes("body"))));

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"12", "-1"})
    void aRequestMayTakeLongerThanTheTimeoutAsLongAsItMoves(int size) throws Exception {
        ScriptedServer server = scripted(conversation -> {
            String head = conversation.head();
            conversation.in.readNBytes(size < 0 ? 6 * 7 + 5 : (int) ScriptedServer.length(head));
            conversation.say(OK);
        });
        int piece = size < 0 ? 2 : size / 6;
        Flux<byte[]> slow = Flux.interval(Duration.ofMillis(400))
                .take(6)
                .map(i -> new byte[i == 5 && size > 0 ? size - 5 * piece : piece]);

        answered(policy(server.uri(), MODE, "timeout=1500ms"), passed("POST", size, slow));
    }

    @ParameterizedTest
    @CsvSource({"40000000", "-1"})
    void aRequestThatTheBackendDoesNotTakeIsATimeout(long size) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        open(end::countDown);
        AtomicBoolean stopped = new AtomicBoolean();
        ScriptedServer server = scripted(conversation -> end.await());
        Flux<byte[]> body =
                Flux.range(0, Integer.MAX_VALUE).map(BackendFixture::piece).doOnCancel(() -> stopped.set(true));

        failed(Problem.BACKEND_TIMEOUT, policy(server.uri(), MODE, "timeout=300ms"), passed("POST", size, body));

        until(stopped::get);
    }

    @Test
    void anAnswerMayTakeLongerThanTheTimeoutAsLongAsItMoves() throws Exception {
        Semaphore ticks = new Semaphore(0);
        open(Flux.interval(Duration.ofMillis(300)).subscribe(tick -> ticks.release())::dispose);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
            for (int i = 0; i < 6; i++) {
                ticks.acquire();
                conversation.say("" + i);
            }
        });

        Response answer = answered(policy(server.uri(), MODE, "timeout=1200ms", "idle-timeout=1200ms"), get());

        assertThat(answer.body()).isEqualTo("012345");
    }

    @Test
    void anAnswerThatFallsSilentIsATimeoutAndTheConnectionIsClosed() throws Exception {
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
                policy(server.uri(), MODE, "timeout=15s", "idle-timeout=200ms"),
                get(),
                answer -> answer.body().doOnError(seen::set).then(Mono.just("whole")));

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(seen.get()).isNotNull();
    }

    @Test
    void aReceiverThatAsksForNothingIsNotTheBackendsSilence() throws Exception {
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            conversation.awaitClose();
        });
        SlowReceiver receiver = new SlowReceiver();
        AtomicReference<Outcome<Long>> outcome = new AtomicReference<>();
        CallPolicy policy = policy(server.uri(), MODE, "timeout=10s", "idle-timeout=200ms");

        open(backend.call(get(), policy, receiver).subscribe(outcome::set)::dispose);

        await().during(Duration.ofMillis(700)).atMost(LIMIT).until(() -> outcome.get() == null);
        receiver.request(Long.MAX_VALUE);
        until(() -> outcome.get() != null);
        assertThat(outcome.get()).isInstanceOf(Outcome.Answered.class);
        assertThat(receiver.received).hasValue(5);
    }

    // --- waiting for a connection

    @Test
    void callsBeyondTheConcurrencyWaitAndBeyondTheQueueAreRefused() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch arrived = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            while (conversation.request() != null) {
                arrived.countDown();
                go.await();
                conversation.say(OK);
            }
        });
        CallPolicy policy = policy(server.uri(), MODE, "concurrency=1", "queue=2");
        AtomicLong answered = new AtomicLong();
        for (int i = 0; i < 3; i++) {
            open(backend.call(get(), policy, WHOLE)
                    .filter(Outcome.Answered.class::isInstance)
                    .subscribe(outcome -> answered.incrementAndGet())::dispose);
        }
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

        neverSent(Problem.QUEUE_FULL, policy, get());
        go.countDown();

        until(() -> answered.get() == 3);
        assertThat(server.connections).hasValue(1);
        answered(policy, get());
    }

    @Test
    void theWaitForAConnectionEndsWithTheTimeout() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\n\r\nendless");
            arrived.countDown();
            conversation.awaitClose();
        });
        CallPolicy policy = policy(server.uri(), MODE, "concurrency=1", "timeout=1s");

        Disposable first = backend.call(get(), policy, WHOLE).subscribe();
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

        neverSent(Problem.QUEUE_FULL, policy, get());
        assertThat(server.heads).hasSize(1);
        first.dispose();
    }

    @Test
    void whoeverGivesUpWaitingMakesRoom() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            while (conversation.request() != null) {
                arrived.countDown();
                go.await();
                conversation.say(OK);
            }
        });
        CallPolicy policy = policy(server.uri(), MODE, "concurrency=1", "queue=1");
        AtomicLong answered = new AtomicLong();
        open(backend.call(get(), policy, WHOLE).subscribe(outcome -> answered.incrementAndGet())::dispose);
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

        for (int i = 0; i < 5; i++) {
            backend.call(get(), policy, WHOLE).subscribe().dispose();
        }
        open(backend.call(get(), policy, WHOLE).subscribe(outcome -> answered.incrementAndGet())::dispose);
        go.countDown();

        until(() -> answered.get() == 2);
        assertThat(server.heads).hasSize(2);
    }
}
