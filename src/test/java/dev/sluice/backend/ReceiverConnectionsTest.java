package dev.sluice.backend;

import static dev.sluice.backend.ReceiverCalls.LIMIT;
import static dev.sluice.backend.ReceiverCalls.backend;
import static dev.sluice.backend.ReceiverCalls.status;
import static dev.sluice.backend.ReceiverCalls.to;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.route.CallPolicy;
import dev.sluice.route.Concurrency;
import dev.sluice.route.Routes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.test.StepVerifier;

/** Messages to one receiver whose connections end when they are about to be used. */
@Timeout(60)
class ReceiverConnectionsTest {

    @Test
    void aReceiverThatClosesAKeptConnectionIsToldOnANewOneAtOnce() throws Exception {
        AtomicInteger connection = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(conversation -> {
            boolean first = connection.incrementAndGet() == 1;
            while (conversation.request() != null) {
                if (first && connection.getAndIncrement() == 2) {
                    return; // has read the second message, and closes
                }
                conversation.say("HTTP/1.1 204 No Content\r\n\r\n");
            }
        })) {
            HttpBackend backend = backend(new SimpleMeterRegistry());
            try {
                CallPolicy policy = to("http://host.example:" + server.port());
                for (int i = 0; i < 3; i++) {
                    StepVerifier.create(status(backend, policy))
                            .expectNext(204)
                            .expectComplete()
                            .verify(LIMIT);
                }
                assertThat(server.connections)
                        .as("that of the repetition is not kept")
                        .hasValue(3);
                assertThat(server.heads).as("one of the three messages twice").hasSize(4);
            } finally {
                backend.stop();
            }
        }
    }

    @Test
    void aMessageThatFindsThePoolOfItsReceiverClosedHasAConnectionOfItsOwn() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer(conversation -> answerLate(conversation, release))) {
            HttpBackend backend = backend(new SimpleMeterRegistry());
            CallPolicy policy = oneConnection(to("http://host.example:" + server.port()));
            CompletableFuture<Integer> first = status(backend, policy).toFuture();
            await().atMost(LIMIT).until(() -> server.heads.size() == 1);
            CompletableFuture<Integer> waiting = status(backend, policy).toFuture();

            backend.stop(); // as the end of an idle pool does, it refuses who waits for a connection

            await().atMost(LIMIT).until(() -> server.heads.size() == 2);
            release.countDown();
            assertThat(waiting).succeedsWithin(LIMIT).isEqualTo(204);
            assertThat(first).succeedsWithin(LIMIT).isEqualTo(204);
        }
    }

    @Test
    void noOtherRequestIsSentOnceThePoolOfItsBackendIsClosed() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer(conversation -> answerLate(conversation, release))) {
            HttpBackend backend = backend(new SimpleMeterRegistry());
            CallPolicy policy = Routes.route(
                            "usual",
                            "/**",
                            "http://localhost:" + server.port(),
                            "mode=sync",
                            "concurrency=1",
                            "queue=10")
                    .call();
            CompletableFuture<Integer> first = status(backend, policy).toFuture();
            await().atMost(LIMIT).until(() -> server.heads.size() == 1);
            CompletableFuture<Integer> waiting = status(backend, policy).toFuture();

            backend.stop();

            assertThat(waiting).failsWithin(LIMIT);
            release.countDown();
            assertThat(first).succeedsWithin(LIMIT).isEqualTo(204);
            assertThat(server.connections).hasValue(1);
        }
    }

    @Test
    void aRefusalByAnExecutorIsNotTheBackends() {
        RejectedExecutionException refusal = new RejectedExecutionException("event executor terminated");
        assertThat(BackendFailure.beforeAnswer(refusal, to("http://host.example")))
                .isNull();
    }

    private static void answerLate(ScriptedServer.Conversation conversation, CountDownLatch release) throws Exception {
        while (conversation.request() != null) {
            release.await();
            conversation.say("HTTP/1.1 204 No Content\r\n\r\n");
        }
    }

    private static CallPolicy oneConnection(CallPolicy policy) {
        return new CallPolicy(
                policy.id(),
                policy.target(),
                policy.headerRules(),
                Concurrency.perNode(1),
                policy.rate(),
                policy.connections(),
                policy.timeouts(),
                policy.maxResponse(),
                policy.streaming(),
                policy.success(),
                policy.retry(),
                policy.breaker(),
                policy.following());
    }
}
