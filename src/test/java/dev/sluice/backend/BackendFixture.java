package dev.sluice.backend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.backend.Backend.Receiver;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Routes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** What the tests of a {@link Backend} share: requests to send, policies to send them with, and what may come of them. */
abstract class BackendFixture {

    static final Duration LIMIT = Duration.ofSeconds(20);

    /** Waits for a condition. It is looked at often: some tests wait for dozens. */
    static void until(Callable<Boolean> condition) {
        await().atMost(LIMIT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(condition);
    }

    static final JobId JOB = JobId.parse("01k9zzzzzzzzzzzzzzzzzzzzzz").orElseThrow();
    static final JobRequest.Origin ORIGIN = new JobRequest.Origin("192.0.2.7", "https", "api.example.org:8443");
    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    static final long BIG = 100L * 1024 * 1024;

    /** An answer that was received whole. */
    record Response(JobResult head, String body) {}

    static final Receiver<Response> WHOLE = answer -> answer.body()
            .reduceWith(StringBuilder::new, (text, piece) -> text.append(new String(piece, ISO_8859_1)))
            .map(text -> new Response(answer.head(), text.toString()));

    final List<AutoCloseable> open = new ArrayList<>();
    Backend backend;

    /** A new one; closed by the subclass. */
    abstract Backend create();

    @BeforeEach
    void start() {
        backend = create();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
    }

    static final long PIECE = 32 * 1024;

    /** Piece {@code i} of the big body, different from its neighbours. */
    static byte[] piece(int i) {
        byte[] piece = new byte[(int) PIECE];
        for (int k = 0; k < piece.length; k += 16) {
            piece[k] = (byte) (i + k);
            piece[k + 1] = (byte) (i >> 8);
        }
        return piece;
    }

    /** Takes what its test asks for and no more. */
    static final class SlowReceiver implements Receiver<Long> {
        final AtomicLong received = new AtomicLong();
        final AtomicLong largest = new AtomicLong();
        private final CRC32 crc = new CRC32();
        private final Sinks.One<Long> done = Sinks.one();
        private final BaseSubscriber<byte[]> subscriber = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}

            @Override
            protected void hookOnNext(byte[] piece) {
                crc.update(piece);
                received.addAndGet(piece.length);
                largest.accumulateAndGet(piece.length, Math::max);
            }

            @Override
            protected void hookOnComplete() {
                done.tryEmitValue(crc.getValue());
            }

            @Override
            protected void hookOnError(Throwable error) {
                done.tryEmitError(error);
            }
        };

        void request(long n) {
            subscriber.request(n);
        }

        @Override
        public Mono<Long> receive(BackendResponse answer) {
            answer.body().subscribe(subscriber);
            return done.asMono();
        }
    }

    /** Waits until a counter has moved and then not moved for half a second. */
    static void stays(AtomicLong counter) {
        AtomicLong last = new AtomicLong(-1);
        await().pollInterval(Duration.ofMillis(25))
                .atMost(LIMIT)
                .during(Duration.ofMillis(400))
                .until(() -> last.getAndSet(counter.get()) == counter.get());
    }

    /** Connects until nothing is accepted any more. */
    void fill(ServerSocket server) throws IOException {
        for (int i = 0; i < 100; i++) {
            Socket socket = open(new Socket());
            try {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()), 200);
            } catch (SocketTimeoutException e) {
                return;
            }
        }
        throw new IllegalStateException("the backlog is never full");
    }

    static List<String> fields(ScriptedServer server, int request) {
        return server.heads
                .get(request)
                .lines()
                .skip(1)
                .filter(line -> !line.isEmpty())
                .map(line -> line.replaceFirst("(?i)^content-length:", "Content-Length:"))
                .toList();
    }

    ScriptedServer scripted(ScriptedServer.Script script) throws IOException {
        return open(new ScriptedServer(script));
    }

    <C extends AutoCloseable> C open(C closeable) {
        open.add(closeable);
        return closeable;
    }

    private int routes;

    CallPolicy policy(String uri, String... settings) {
        return Routes.route("route-" + routes++, "/**", uri, settings).call();
    }

    /**
     * A policy whose next call gets the connection of the one before: that is given back a moment after the answer is
     * complete, and with room for more a new one might be made instead.
     */
    CallPolicy oneConnection(ScriptedServer server, String... settings) {
        String[] all = Arrays.copyOf(settings, settings.length + 1);
        all[settings.length] = "concurrency=1";
        return policy(server.uri(), all);
    }

    static JobRequest head(String method, String target, JobRequest.Origin origin, String... headers) {
        return new JobRequest(method, target, Headers.of(headers), origin);
    }

    static BackendRequest request(String method, String target, String body, String... headers) {
        return request(head(method, target, ORIGIN, headers), body);
    }

    static BackendRequest request(String method, String target, String body, JobRequest.Origin origin) {
        return request(head(method, target, origin), body);
    }

    private static BackendRequest request(JobRequest head, String body) {
        byte[] bytes = body.getBytes(ISO_8859_1);
        return new BackendRequest(
                JOB, 3, head, bytes.length, bytes.length == 0 ? Flux.empty() : Flux.just(bytes), null);
    }

    Response answered(CallPolicy policy, BackendRequest request) {
        AtomicReference<Outcome<Response>> outcome = new AtomicReference<>();
        StepVerifier.create(backend.call(request, policy, WHOLE))
                .consumeNextWith(outcome::set)
                .expectComplete()
                .verify(LIMIT);
        assertThat(outcome.get()).isInstanceOf(Outcome.Answered.class);
        Outcome.Answered<Response> answered = (Outcome.Answered<Response>) outcome.get();
        assertThat(answered.head()).isEqualTo(answered.received().head());
        return answered.received();
    }

    void failed(Problem problem, CallPolicy policy, BackendRequest request) {
        failed(problem, policy, request, WHOLE);
    }

    /** Fails, and certainly without that anything of the request has left. */
    void neverSent(Problem problem, CallPolicy policy, BackendRequest request) {
        assertThat(sent(problem, policy, request)).as("sent").isFalse();
    }

    /** Whether the backend may have seen a request that fails. */
    boolean sent(Problem problem, CallPolicy policy, BackendRequest request) {
        Outcome<Response> outcome = backend.call(request, policy, WHOLE).block(LIMIT);
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        Outcome.Failed<Response> failed = (Outcome.Failed<Response>) outcome;
        assertThat(failed.failure().problem()).as(failed.failure().detail()).isEqualTo(problem);
        return failed.sent();
    }

    <T> void failed(Problem problem, CallPolicy policy, BackendRequest request, Receiver<T> receiver) {
        StepVerifier.create(backend.call(request, policy, receiver))
                .assertNext(outcome -> {
                    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
                    Failure failure = ((Outcome.Failed<T>) outcome).failure();
                    assertThat(failure.problem()).as(failure.detail()).isEqualTo(problem);
                    assertThat(failure.detail())
                            .doesNotContainIgnoringCase("exception", "netty", "java", "127.0.0.1", "localhost", "/")
                            .endsWith(".");
                })
                .expectComplete()
                .verify(LIMIT);
    }
}
