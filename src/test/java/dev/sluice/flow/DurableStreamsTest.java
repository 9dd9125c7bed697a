package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.NodePackages;
import dev.sluice.queue.QueueRig;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The client of Durable Streams, unmodified, reads an output to its end while the gateway is killed and started again. */
@Timeout(180)
class DurableStreamsTest {

    private static final String LINE = "{\"line\":\"🚰\"}\n";

    @TempDir
    private Path directory;

    private final List<Sinks.Many<String>> calls = new CopyOnWriteArrayList<>();

    private Flux<String> call() {
        Sinks.Many<String> call = Sinks.many().unicast().onBackpressureBuffer();
        calls.add(call);
        return call.asFlux();
    }

    @Test
    void itIsReadToTheEndAcrossKills() throws Exception {
        NodePackages.install();
        DisposableServer backend = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> response.header("Content-Type", "application/x-ndjson")
                        .send(
                                call().map(text -> Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8))),
                                each -> true))
                .bindNow();
        List<Process> clients = new ArrayList<>();
        try (GatewayProcess first = GatewayProcess.start(
                directory,
                List.of(
                        "--sluice.routes.work.path=/work",
                        "--sluice.routes.work.backoff=10ms",
                        "--sluice.routes.work.backend=http://127.0.0.1:" + backend.port()))) {
            String job = new Client(first.url())
                    .call("POST", "/work", "{}")
                    .block(Client.LIMIT)
                    .json()
                    .path("id")
                    .asString();
            String output = first.url() + "/jobs/" + job + "/output";
            clients.add(NodePackages.start("durable-stream.mjs", output, "long-poll"));
            QueueRig.until(() -> calls.size() == 1);
            calls.get(0).tryEmitNext(LINE).orThrow();
            BufferedReader patient = clients.get(0).inputReader();
            assertThat(patient.readLine()).isEqualTo("begun");
            first.kill();
            try (GatewayProcess second = first.again()) {
                assertThat(patient.readLine())
                        .as("of the attempt that was killed")
                        .isEqualTo("again");
                QueueRig.until(() -> calls.size() == 2);
                second.kill();
                try (GatewayProcess third = second.again()) {
                    QueueRig.until(() -> calls.size() == 3);
                    clients.add(NodePackages.start("durable-stream.mjs", output, "sse"));
                    calls.get(2).tryEmitNext(LINE).orThrow();
                    for (Process client : clients) {
                        // once more "again", if the second attempt had come as far as the head of its response
                        assertThat(client.inputReader()
                                        .lines()
                                        .filter(line -> !line.equals("again"))
                                        .findFirst())
                                .contains("begun");
                    }
                    for (int i = 1; i < 100; i++) {
                        calls.get(2).tryEmitNext(LINE).orThrow();
                    }
                    calls.get(2).tryEmitComplete().orThrow();
                    for (Process client : clients) {
                        BufferedReader reader = client.inputReader();
                        JsonNode result = new JsonMapper().readTree(reader.readLine());
                        assertThat(result.path("text").asString()).isEqualTo(LINE.repeat(100));
                        assertThat(result.path("closed").asBoolean()).isTrue();
                    }
                }
            }
        } finally {
            clients.forEach(Process::destroyForcibly);
            backend.disposeNow();
        }
    }
}
