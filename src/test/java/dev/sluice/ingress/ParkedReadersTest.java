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

    private Wire reader(Listeners gateway, JobId id) throws IOException {
        Wire wire = new Wire(transport, gateway.port());
        wire.send("GET /jobs/" + id + "/events HTTP/1.1\nHost: g\n\n");
        assertThat(wire.readHead().status()).isEqualTo(200);
        return wire;
    }

    private Wire parked() throws IOException {
        Wire wire = reader(listeners, job);
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

    private void awaitNobody() {
        QueueRig.until(() -> listeners.count("sluice.events.readers") == 0
                && listeners.count("sluice.reads", "kind", "stream") == 0
                && listeners.count("sluice.connections") == 0);
    }

    @Test
    void areToldOnAndLeaveTheirPlacesAtTheEnd() throws IOException {
        try (Wire wire = parked()) {
            assertThat(listeners.count("sluice.reads", "kind", "stream")).isEqualTo(1);
            listeners.claim("work");
            listeners.journal().cancel(job).block();
            assertThat(frames(wire)).containsExactly(":", "event: accepted", "event: started", "event: cancelled");
            assertThat(wire.isClosed()).isTrue();
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

    @Test
    void whatTheySendMeanwhileIsDropped() throws IOException {
        try (Wire wire = parked()) {
            wire.send("GET /jobs/" + job + " HTTP/1.1\nHost: g\n\n");
            listeners.journal().cancel(job).block();
            assertThat(frames(wire)).endsWith("event: cancelled");
            assertThat(wire.readToEnd()).isEmpty();
        }
        awaitNobody();
    }

    @Test
    void whoSendsMuchIsCut() throws IOException {
        try (Wire wire = parked()) {
            byte[] much = new byte[300 * 1024];
            wire.send(much);
            assertThat(wire.isClosed()).isTrue();
        }
        awaitNobody();
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
                assertThat(wire.isClosed()).isTrue();
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
