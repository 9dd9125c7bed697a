package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.ScriptedServer;
import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;

/** Clients that end their side after a whole request, as {@code nc -N} does, are told what they asked. */
@ParameterizedClass
@EnumSource(Transport.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HalfCloseTest {

    private static final String POST = "POST /work HTTP/1.1\nHost: g\nContent-Length: 2\n";

    @Parameter
    Transport transport;

    private CountDownLatch asked;
    private CountDownLatch ended;
    private ScriptedServer backend;
    private Listeners listeners;

    @BeforeParameterizedClassInvocation
    void start() throws IOException {
        asked = new CountDownLatch(1);
        ended = new CountDownLatch(1);
        backend = new ScriptedServer(conversation -> {
            conversation.request();
            asked.countDown();
            ended.await();
            conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        listeners = new Listeners(
                transport,
                "sluice.events.heartbeat=100ms",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.direct.path=/direct",
                "sluice.routes.direct.mode=sync",
                "sluice.routes.direct.backend=" + backend.uri());
    }

    @AfterParameterizedClassInvocation
    void stop() throws IOException {
        listeners.close();
        backend.close();
    }

    private Wire saying(String all) throws IOException {
        Wire wire = new Wire(transport, listeners.port());
        wire.send(all).endOutput();
        return wire;
    }

    @Test
    void aJobIsAcknowledged() throws IOException {
        try (Wire wire = saying(POST + "\n{}")) {
            Wire.Reply reply = wire.read();
            assertThat(reply.status()).isEqualTo(202);
            assertThat(listeners.journal().find(Listeners.id(reply)).block()).isNotNull();
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @Test
    void requestsThatWereSentAheadAreAllAnswered() throws IOException {
        try (Wire wire = saying((POST + "\n{}").repeat(5))) {
            for (int i = 0; i < 5; i++) {
                assertThat(wire.read().status()).isEqualTo(202);
            }
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @Test
    void onesThatAreNotWholeAreHeldAgainstNoneBeforeThem() throws IOException {
        try (Wire wire = saying(POST + "\n{}" + POST + "\n{")) {
            assertThat(wire.read().status()).isEqualTo(202);
            assertThat(wire.read().problem()).isEqualTo("bad-request");
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @Test
    void whoWaitsForAJobIsToldOfIt() throws IOException {
        JobId id = listeners.accept("/work");
        try (Wire wire = saying("GET /jobs/" + id + "/result HTTP/1.1\nHost: g\nPrefer: wait=30\n\n")) {
            listeners.awaitWaiting(1);
            listeners.answer(listeners.claim("work"), 200, null, Headers.NONE, Flux.just("done".getBytes()));
            assertThat(wire.read().text()).isEqualTo("done");
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @Test
    void eventsAreReadToTheLast() throws IOException {
        JobId id = listeners.accept("/work");
        try (Wire wire = saying("GET /jobs/" + id + "/events HTTP/1.1\nHost: g\n\n")) {
            wire.readHead();
            listeners.journal().cancel(id).block();
            assertThat(new String(wire.readToEnd()))
                    .contains("event: cancelled")
                    .endsWith("\r\n0\r\n\r\n");
        }
    }

    @Test
    void aReaderThatIsGoneIsFoundOutByAHeartbeat() throws IOException {
        JobId id = listeners.accept("/work");
        try (Wire wire = saying("GET /jobs/" + id + "/events HTTP/1.1\nHost: g\n\n")) {
            wire.readHead();
            QueueRig.until(() -> listeners.count("sluice.events.readers") == 1);
        }
        QueueRig.until(() -> listeners.count("sluice.events.readers") == 0);
    }

    @Test
    void anAnswerOfTheBackendIsPassedOn() throws Exception {
        try (Wire wire = saying("GET /direct HTTP/1.1\nHost: g\n\n")) {
            assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
            ended.countDown();
            assertThat(wire.read().text()).isEqualTo("ok");
            assertThat(wire.isClosed()).isTrue();
        }
    }

    @Test
    void withNothingToAnswerTheConnectionEnds() throws IOException {
        try (Wire wire = saying("")) {
            assertThat(wire.readToEnd()).isEmpty();
        }
        try (Wire wire = new Wire(transport, listeners.port())) {
            wire.send("GET /jobs/x HTTP/1.1\nHost: g\n\n");
            assertThat(wire.read().status()).isEqualTo(404);
            wire.endOutput();
            assertThat(wire.readToEnd()).isEmpty();
        }
    }
}
