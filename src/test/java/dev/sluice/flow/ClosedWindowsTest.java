package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Frames;
import dev.sluice.ingress.Transport;
import dev.sluice.ingress.Wire;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Promise 8 over HTTP/2: a thousand streams whose windows stay closed, in the smallest heap. */
@Timeout(120)
class ClosedWindowsTest {

    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int CONNECTIONS = 10;
    private static final int STREAMS = 100;
    private static final int HEAP = 126; // MB, a quarter of which may wait
    private static final int SIZE = 2 << 20;

    @TempDir
    private Path directory;

    private final List<Frames> attackers = new ArrayList<>();
    private final String event = "data: " + "x".repeat(16 * 1024 - 8) + "\n\n";
    private final DisposableServer backend = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .handle((request, response) -> response.sse()
                    .sendString(Flux.range(0, SIZE / event.length()).map(i -> event)))
            .bindNow();

    @AfterEach
    void stop() throws IOException {
        for (Frames attacker : attackers) {
            attacker.close();
        }
        backend.disposeNow();
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"CLEARTEXT_HTTP2", "TLS"})
    void whateverTheyWaitForMemoryIsBoundedAndOthersAreServed(Transport transport) throws Exception {
        try (GatewayProcess gateway =
                GatewayProcess.launch(directory, settings(transport), List.of("-Xmx" + HEAP + "m"), Map.of())) {
            int port = URI.create(gateway.url()).getPort();
            int management = URI.create(gateway.managementUrl()).getPort();
            Awaitility.await()
                    .atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> get(transport, management, "/actuator/health/readiness")
                                    .status()
                            == 200);
            String head = "POST /job HTTP/1.1\nHost: g\nPrefer: wait=30\nContent-Length: 1";
            String job = Wire.call(transport, port, head, new byte[1]).job();
            List<String> targets = List.of(job + "/events", job + "/result", "/pass");

            for (int i = 0; i < CONNECTIONS; i++) {
                attackers.add(attack(new Frames(transport, port), targets));
            }
            Awaitility.await().atMost(LIMIT).until(() -> {
                assertThat(meter(transport, management, "sluice_waiting_bytes")).isLessThan((HEAP << 20) / 3.0);
                return meter(transport, management, "sluice_waiting_evicted_total") > 0;
            });
            for (String target : targets) {
                Wire.Reply reply = get(transport, port, target);
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.body().length).isGreaterThanOrEqualTo(SIZE);
            }
            for (Frames attacker : attackers) {
                attacker.close();
            }
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> meter(transport, management, "sluice_waiting_bytes") < 100_000);
            assertThat(gateway.log()).doesNotContain("OutOfMemoryError", "Exception");
        }
    }

    private List<String> settings(Transport transport) {
        String uri = "http://127.0.0.1:" + backend.port();
        Stream<String> all = Stream.concat(
                Stream.of(
                        "sluice.routes.job.path=/job",
                        "sluice.routes.job.backend=" + uri,
                        "sluice.routes.pass.path=/pass",
                        "sluice.routes.pass.mode=sync",
                        "sluice.routes.pass.concurrency=400",
                        "sluice.routes.pass.backend=" + uri),
                Stream.of(transport.settings()));
        return all.map(setting -> "--" + setting).toList();
    }

    /** As many streams as are allowed, on which nothing may ever be sent. */
    private static Frames attack(Frames frames, List<String> targets) throws IOException {
        frames.frame(Frames.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 0});
        for (int i = 0; i < STREAMS; i++) {
            frames.head(2 * i + 1, true, "GET " + targets.get(i % targets.size()));
        }
        return frames;
    }

    private static Wire.Reply get(Transport transport, int port, String path) throws IOException {
        return Wire.call(transport, port, "GET " + path + " HTTP/1.1\nHost: localhost", new byte[0]);
    }

    private static double meter(Transport transport, int port, String name) throws IOException {
        return get(transport, port, "/actuator/prometheus")
                .text()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }
}
