package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.resolver.DefaultAddressResolverGroup;
import io.netty.util.ResourceLeakDetector;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.util.unit.DataSize;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import reactor.test.StepVerifier;

class HttpBackendTest extends BackendContractTest {

    private static final LoopResources LOOPS = LoopResources.create("test", 2, true);
    private static final ListAppender<ILoggingEvent> LEAKS = new ListAppender<>();
    private static final ResourceLeakDetector.Level LEVEL = ResourceLeakDetector.getLevel();

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private volatile Predicate<CallPolicy> current = policy -> true;
    private HttpBackend backend;

    @Override
    Backend create() {
        backend = new HttpBackend(
                LOOPS,
                new DefaultSslBundleRegistry(),
                DefaultAddressResolverGroup.INSTANCE,
                registry,
                key -> current.test(key.policy()));
        backend.start();
        return backend;
    }

    @AfterEach
    void closeBackend() {
        backend.stop();
    }

    @BeforeAll
    static void watchForLeaks() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        LEAKS.start();
        ((Logger) LoggerFactory.getLogger(ResourceLeakDetector.class)).addAppender(LEAKS);
    }

    /** Everything the contract's tests did must have released its buffers; a planted leak shows that it would be seen. */
    @AfterAll
    static void noBufferLeaked() {
        collect();
        assertThat(LEAKS.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
        plantLeak();
        await().atMost(LIMIT).until(() -> {
            collect();
            return !LEAKS.list.isEmpty();
        });
        ResourceLeakDetector.setLevel(LEVEL);
        ((Logger) LoggerFactory.getLogger(ResourceLeakDetector.class)).detachAppender(LEAKS);
        LOOPS.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block(LIMIT);
    }

    private static void plantLeak() {
        ByteBuf leaked = ByteBufAllocator.DEFAULT.directBuffer(13);
        leaked.writeByte(1);
    }

    /** Leaks are reported when a later buffer is made. */
    private static void collect() {
        for (int i = 0; i < 5; i++) {
            System.gc();
            ByteBufAllocator.DEFAULT.directBuffer(64).release();
            ByteBufAllocator.DEFAULT.heapBuffer(64).release();
        }
    }

    @Test
    void callsAreTimedByRouteAndOutcome() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        CallPolicy policy = policy(server.uri());
        ScriptedServer silent = scripted(ScriptedServer.Conversation::request);
        CallPolicy failing = policy(silent.uri());

        answered(policy, request("GET", "/x", ""));
        answered(policy, request("GET", "/x", ""));
        failed(Problem.BACKEND_UNREACHABLE, failing, request("GET", "/x", ""));

        assertThat(count(policy, "answered")).isEqualTo(2);
        assertThat(count(failing, "backend-unreachable")).isEqualTo(1);
    }

    @Test
    void aCallWithATargetAndLimitsOfItsOwnUsesTheConnectionsOfItsId() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        CallPolicy first = oneConnection(server, "max-response=1KB");
        answered(first, request("POST", "/jobs/x", "body"));

        CallPolicy poll = with(first, URI.create(server.uri() + "/operations"), DataSize.ofBytes(1));
        failed(Problem.BACKEND_ANSWER_TOO_LARGE, poll, request("GET", "/7", ""));

        assertThat(server.heads.get(1)).startsWith("GET /operations/7 HTTP/1.1");
        assertThat(server.connections).hasValue(1);
        assertThat(count(first, "answered")).isEqualTo(1);
        assertThat(count(first, "backend-answer-too-large")).isEqualTo(1);
    }

    @Test
    void aCallIsNotSentOverConnectionsToAnotherServer() throws Exception {
        ScriptedServer server = open(ScriptedServer.answering(OK));
        ScriptedServer other = open(ScriptedServer.answering(OK));
        CallPolicy policy = policy(server.uri());
        answered(policy, request("GET", "/x", ""));

        answered(with(policy, URI.create(other.uri()), policy.maxResponse()), request("GET", "/x", ""));
        assertThat(server.heads).hasSize(1);
        assertThat(other.heads).hasSize(1);
    }

    @Test
    void connectionsThatNoCallToComeWillUseAreClosedOnceTheCallsBeforeHaveEnded() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch mayAnswer = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(2);
        ScriptedServer server = scripted(conversation -> {
            for (String head = conversation.request(); head != null; head = conversation.request()) {
                if (head.startsWith("GET /slow")) {
                    arrived.countDown();
                    mayAnswer.await();
                }
                conversation.say(OK);
            }
            closed.countDown();
        });
        ScriptedServer other = open(ScriptedServer.answering(OK));
        CallPolicy before = policy(server.uri());
        CallPolicy after = with(before, URI.create(other.uri()), before.maxResponse());
        Mono<?> slow = backend.call(request("GET", "/slow", ""), before, WHOLE).cache();
        slow.subscribe();
        assertThat(arrived.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        answered(before, request("GET", "/idle", ""));
        assertThat(server.connections).hasValue(2);

        current = policy -> policy == after;
        backend.closeSuperseded();
        answered(after, request("GET", "/x", ""));
        answered(before, request("GET", "/late", "")); // an upload that began under the old policy, say
        assertThat(server.connections).hasValue(2);
        assertThat(closed.getCount()).isEqualTo(2);
        mayAnswer.countDown();
        assertThat(slow.block(LIMIT)).isInstanceOf(Outcome.Answered.class);
        assertThat(closed.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();

        answered(before, request("GET", "/later", ""));
        await().atMost(LIMIT).until(() -> closed.getCount() == 0 && server.connections.get() == 3);
        answered(after, request("GET", "/y", ""));
        assertThat(other.connections).hasValue(1);
    }

    private static CallPolicy with(CallPolicy policy, URI target, DataSize maxResponse) {
        return new CallPolicy(
                policy.id(),
                new CallTarget(target, 0),
                policy.headerRules(),
                policy.concurrency(),
                policy.rate(),
                policy.connections(),
                policy.timeouts(),
                maxResponse,
                policy.streaming(),
                policy.success(),
                policy.retry(),
                policy.breaker(),
                policy.following());
    }

    private long count(CallPolicy policy, String outcome) {
        return registry.get("sluice.backend.calls")
                .tags("route", policy.id(), "outcome", outcome)
                .timer()
                .count();
    }

    @Test
    void cancelledCallsAreCounted() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            arrived.countDown();
            conversation.awaitClose();
        });
        CallPolicy policy = policy(server.uri());

        Disposable call = backend.call(request("GET", "/x", ""), policy, WHOLE).subscribe();
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        call.dispose();

        assertThat(count(policy, "cancelled")).isEqualTo(1);
    }

    @Test
    void closingClosesIdleConnectionsAndRefusesCalls() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedServer server = scripted(conversation -> {
            conversation.request();
            conversation.say(OK);
            conversation.awaitClose();
            closed.countDown();
        });
        CallPolicy policy = policy(server.uri());
        answered(policy, request("GET", "/x", ""));

        backend.stop();

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        StepVerifier.create(backend.call(request("GET", "/x", ""), policy, WHOLE))
                .expectError(IllegalStateException.class)
                .verify(LIMIT);
    }

    @Test
    void aCertificateNobodyTrustsIsRefused() throws Exception {
        try (SSLServerSocket server = tlsServer()) {
            Thread accepting = new Thread(() -> {
                try (var socket = server.accept()) {
                    socket.getInputStream().read();
                } catch (java.io.IOException e) {
                    return; // the handshake was refused, as it should be
                }
                throw new AssertionError("the handshake succeeded");
            });
            accepting.start();

            failed(
                    Problem.BACKEND_UNREACHABLE,
                    policy("https://localhost:" + server.getLocalPort()),
                    request("GET", "/x", ""));
            accepting.join();
        }
    }

    private static SSLServerSocket tlsServer() throws Exception {
        SSLContext context = TestKeys.context();
        return (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }
}
