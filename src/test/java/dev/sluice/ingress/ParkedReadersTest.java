package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.JobId;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.context.annotation.Bean;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/** Readers of events over HTTP/1.1 whose connections are parked while nothing happens. */
@ParameterizedClass
@EnumSource(Transport.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ParkedReadersTest {

    /** Without its last line and body. */
    private static final String POST = "POST /work HTTP/1.1\nHost: g\nContent-Length: 4\n";

    private static final AtomicInteger ENDED = new AtomicInteger();

    static class Extension {

        @Bean
        WebFilter watching() {
            return (exchange, chain) -> chain.filter(exchange).doFinally(signal -> ENDED.incrementAndGet());
        }
    }

    @Parameter
    Transport transport;

    private Listeners listeners;
    private JobId job;

    @BeforeParameterizedClassInvocation
    void start() {
        listeners = new Listeners(transport, settings());
    }

    @AfterParameterizedClassInvocation
    void stop() {
        listeners.close();
    }

    private static String[] settings() {
        return new String[] {
            "sluice.events.heartbeat=200ms",
            "sluice.routes.work.path=/work",
            "sluice.routes.work.backend=http://localhost:1"
        };
    }

    @BeforeEach
    void accept() throws IOException {
        job = listeners.accept("/work");
    }

    /** Or the job would be claimed by another test. */
    @AfterEach
    void cancel() {
        listeners
                .journal()
                .cancel(job)
                .onErrorResume(IllegalTransitionException.class, finished -> Mono.empty())
                .block();
    }

    private Wire reader(Listeners gateway, JobId id, String... fields) throws IOException {
        Wire wire = new Wire(transport, gateway.port());
        wire.send("GET /jobs/" + id + "/events HTTP/1.1\nHost: g\n" + String.join("\n", fields) + "\n");
        assertThat(wire.readHead().status()).isEqualTo(200);
        return wire;
    }

    private Wire parked(String... fields) throws IOException {
        Wire wire = reader(listeners, job, fields);
        listeners.awaitParked(1);
        return wire;
    }

    /** The frames up to the last chunk, without heartbeats. */
    private static List<String> frames(Wire wire) throws IOException {
        List<String> frames = new ArrayList<>();
        for (byte[] chunk = wire.readChunk(); chunk.length > 0; chunk = wire.readChunk()) {
            String frame = new String(chunk, StandardCharsets.UTF_8);
            if (!frame.equals(":\n")) {
                frames.add(frame.lines().findFirst().orElseThrow());
            }
        }
        return frames;
    }

    private void awaitNoReader() {
        QueueRig.until(() -> listeners.count("sluice.events.readers") == 0
                && listeners.count("sluice.reads", "kind", "stream") == 0);
    }

    private void awaitNobody() {
        awaitNoReader();
        QueueRig.until(() -> listeners.count("sluice.connections") == 0);
    }

    private void end() {
        listeners.journal().cancel(job).block();
    }

    @Test
    void areToldOnAndLeaveTheirPlacesAtTheEnd() throws IOException {
        try (Wire wire = parked()) {
            assertThat(listeners.count("sluice.reads", "kind", "stream")).isEqualTo(1);
            listeners.claim("work");
            listeners.journal().cancel(job).block();
            assertThat(frames(wire)).containsExactly(":", "event: accepted", "event: started", "event: cancelled");
            awaitNoReader();
        }
        awaitNobody();
    }

    @Test
    void areKeptAliveByHeartbeats() throws IOException {
        try (Wire wire = parked()) {
            listeners.journal().cancel(job).block();
            int beats = 0;
            for (byte[] chunk = wire.readChunk(); chunk.length > 0; chunk = wire.readChunk()) {
                beats += new String(chunk, StandardCharsets.UTF_8).equals(":\n") ? 1 : 0;
            }
            assertThat(beats)
                    .as("in more than a second, one after at most 200 ms")
                    .isGreaterThan(3);
        }
    }

    /** The client was told that the connection persists, and may use it the moment it has read the end. */
    @Test
    void theNextRequestIsServedOnTheSameConnection() throws IOException {
        try (Wire wire = parked()) {
            for (int i = 0; i < 2; i++) {
                end();
                assertThat(frames(wire)).endsWith("event: cancelled");
                Wire.Reply accepted = wire.send(POST + "\nbody").read();
                assertThat(accepted.status()).isEqualTo(202);
                job = Listeners.id(accepted);
                wire.send("GET /jobs/" + job + "/events HTTP/1.1\nHost: g\n\n");
                assertThat(wire.readHead().status()).isEqualTo(200);
                listeners.awaitParked(1);
            }
            assertThat(listeners.count("sluice.connections"))
                    .as("this one, counted once")
                    .isEqualTo(1);
        }
        awaitNobody();
    }

    @Test
    void whatTheySendMeanwhileIsAnsweredAfterTheEnd() throws IOException {
        try (Wire wire = parked()) {
            wire.send("GET /jobs/" + job + " HTTP/1.1\nHost: g\n\n" + POST);
            end();
            assertThat(frames(wire)).endsWith("event: cancelled");
            assertThat(wire.read().json().get("state").asString()).isEqualTo("cancelled");
            job = Listeners.id(wire.send("\nbody").read());
        }
        awaitNobody();
    }

    @Test
    void whoSendsMuchMeanwhileIsReadAfterTheEnd() throws IOException {
        try (Wire wire = parked()) {
            byte[] much = new byte[300 * 1024];
            wire.send("POST /work HTTP/1.1\nHost: g\nContent-Length: " + much.length + "\n\n")
                    .send(much);
            end();
            assertThat(frames(wire)).endsWith("event: cancelled");
            Wire.Reply accepted = wire.read();
            assertThat(accepted.status()).isEqualTo(202);
            job = Listeners.id(accepted);
            assertThat(Listeners.bytes(listeners.request(job).body())).isEqualTo(much);
        }
        awaitNobody();
    }

    @Test
    void whoEndsItsSideIsToldTheRest() throws IOException {
        try (Wire wire = parked()) {
            wire.endOutput();
            wire.readChunk();
            wire.readChunk();
            end();
            assertThat(frames(wire)).endsWith("event: cancelled");
            assertThat(wire.readToEnd()).isEmpty();
        }
        awaitNobody();
    }

    @Test
    void whoSendsARequestAndEndsItsSideIsAnswered() throws IOException {
        try (Wire wire = parked()) {
            wire.send(POST + "\nbody").endOutput();
            end();
            assertThat(frames(wire)).endsWith("event: cancelled");
            job = Listeners.id(wire.read());
            assertThat(wire.readToEnd()).isEmpty();
        }
        awaitNobody();
    }

    @Test
    void whoEndsItsSideAndGoesIsFoundOutByAHeartbeat() throws IOException {
        try (Wire wire = parked()) {
            wire.endOutput();
        }
        awaitNobody();
    }

    @Test
    void whoWantsNoOtherRequestHasTheConnectionClosed() throws IOException {
        try (Wire wire = parked("Connection: close", "")) {
            end();
            assertThat(frames(wire)).endsWith("event: cancelled");
            assertThat(wire.readToEnd()).isEmpty();
        }
        awaitNobody();
    }

    @Test
    void whoSendsMuchBehindItsLastRequestIsCut() throws IOException {
        try (Wire wire = parked("Connection: close", "")) {
            byte[] much = new byte[300 * 1024];
            wire.sendUntilClosed(much);
            assertThat(wire.isClosed()).isTrue();
        }
        awaitNobody();
    }

    @Test
    void whoGoesAfterTheEndIsForgotten() throws IOException {
        Wire wire = parked();
        end();
        assertThat(frames(wire)).endsWith("event: cancelled");
        wire.reset();
        awaitNobody();
    }

    @Test
    void connectionsAreClosedWhenNoRequestFollowsForLong() throws IOException {
        try (Listeners impatient = new Listeners(
                transport,
                Stream.of(settings(), new String[] {"server.netty.idle-timeout=500ms"})
                        .flatMap(Stream::of)
                        .toArray(String[]::new))) {
            JobId id = impatient.accept("/work");
            try (Wire wire = reader(impatient, id)) {
                impatient.awaitParked(1);
                impatient.journal().cancel(id).block();
                assertThat(frames(wire)).endsWith("event: cancelled");
                assertThat(wire.readToEnd()).isEmpty();
            }
        }
    }

    @Test
    void whoGoesIsForgotten() throws IOException {
        parked().reset();
        awaitNobody();
    }

    @Test
    void areToldToComeBackWhenTheGatewayStops() throws IOException {
        try (Listeners stopping = new Listeners(transport, settings())) {
            JobId id = stopping.accept("/work");
            try (Wire wire = reader(stopping, id)) {
                stopping.awaitParked(1);
                stopping.draining().stop();
                List<String> frames = frames(wire);
                assertThat(frames).containsExactly(":", "event: accepted", ":");
                Wire.Reply refused = wire.send(POST + "\nbody").read();
                assertThat(refused.problem()).isEqualTo("draining");
                assertThat(refused.field("Connection")).isEqualTo("close");
                assertThat(wire.readToEnd()).isEmpty();
            }
        }
    }

    /** A filter that measures exchanges, or logs them, has to see when a stream ends. */
    @Test
    void areNotParkedBehindAFilter() throws IOException {
        ENDED.set(0);
        try (Listeners extended = Listeners.extended(Extension.class, transport, settings())) {
            JobId id = extended.accept("/work");
            try (Wire wire = reader(extended, id)) {
                for (int chunks = 0; chunks < 15; chunks++) { // of which all but two come 200 ms after the one before
                    wire.readChunk();
                }
                extended.awaitParked(0);
                assertThat(ENDED).as("the exchange that made the job").hasValue(1);
                extended.journal().cancel(id).block();
                assertThat(frames(wire)).endsWith("event: cancelled");
                QueueRig.until(() -> ENDED.get() == 2);
                wire.send("GET /jobs/" + id + " HTTP/1.1\nHost: g\n\n");
                assertThat(wire.read().status()).isEqualTo(200);
            }
        }
    }
}
