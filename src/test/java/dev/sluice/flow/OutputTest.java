package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A backend's stream reaches readers of events while it goes on, through the real process. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutputTest {

    private static final JsonMapper JSON = new JsonMapper();
    private static final int LINE = 4 * 1024;
    private static final int LINES = 8 * 1024; // 32 MB

    @TempDir
    static Path directory;

    private final Sinks.Empty<Void> told = Sinks.empty();
    private final String line = "\"" + "x".repeat(LINE - 3) + "\"\n";
    private final DisposableServer backend = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .route(routes -> routes.post(
                            "/two",
                            (request, response) -> response.sse()
                                    .sendString(Flux.just("data: first\n\n")
                                            .concatWith(told.asMono().then(Mono.just("data: second 🚰\n\n")))))
                    .post(
                            "/large",
                            (request, response) -> response.header("Content-Type", "application/x-ndjson")
                                    .sendString(Flux.range(0, LINES).map(i -> line))))
            .bindNow();
    private GatewayProcess gateway;
    private Client client;

    @BeforeAll
    void start() throws IOException {
        gateway = GatewayProcess.start(
                directory,
                List.of(
                        "--sluice.routes.two.path=/two",
                        "--sluice.routes.two.backend=http://127.0.0.1:" + backend.port(),
                        "--sluice.events.buffer=10000", // a reader that the machine leaves no time is not cut
                        "--sluice.routes.large.path=/large",
                        "--sluice.routes.large.backend=http://127.0.0.1:" + backend.port()));
        client = new Client(gateway.url());
    }

    @AfterAll
    void stop() {
        backend.disposeNow();
        gateway.close();
    }

    private String accept(String path) {
        return client.call("POST", path, "")
                .block(Client.LIMIT)
                .json()
                .path("id")
                .asString();
    }

    @Test
    void readersSeeAPieceBeforeTheBackendSendsTheNext() {
        String id = accept("/two");
        StringBuilder seen = new StringBuilder();
        List<Client.Event> events = client.events(id, piece -> {
                    if (seen.append(piece).toString().contains("data: first")) {
                        told.tryEmitEmpty();
                    }
                })
                .block(Client.LIMIT);
        assertThat(events)
                .extracting(Client.Event::name)
                .containsExactly("accepted", "started", "output", "output", "succeeded");
        assertThat(events.get(2).data())
                .contains("\"seq\":3,")
                .endsWith("\"text\":\"data: first\\u000a\\u000a\",\"attempt\":1,\"offset\":0}");
        assertThat(events.get(3).data())
                .endsWith("\"text\":\"data: second 🚰\\u000a\\u000a\",\"attempt\":1,\"offset\":13}");
        assertThat(client.events(id).block(Client.LIMIT)).as("a late reader").isEqualTo(events);
        assertThat(client.get("/jobs/" + id + "/result").block(Client.LIMIT).body())
                .isEqualTo("data: first\n\ndata: second 🚰\n\n");
    }

    @Test
    void aLargeStreamIsTheResultAndAllOfItsPiecesAreKept() {
        String id = accept("/large");
        List<Client.Event> live = client.events(id).block(Client.LIMIT);
        assertThat(live.get(live.size() - 1).name()).isEqualTo("succeeded");
        List<Client.Event> late = client.events(id).block(Client.LIMIT);
        assertThat(late).isEqualTo(live);
        long told = 0;
        for (Client.Event event : late) {
            if (event.name().equals("output")) {
                JsonNode output = JSON.readTree(event.data());
                assertThat(output.path("offset").asLong()).isEqualTo(told);
                String text = output.path("text").asString();
                assertThat(text).as("whole lines").matches(whole -> whole.isEmpty() || whole.endsWith("\n"));
                told += text.length();
            }
        }
        assertThat(told).isEqualTo((long) LINE * LINES);
        AtomicLong size = new AtomicLong();
        client.http()
                .get()
                .uri("/jobs/" + id + "/result")
                .response((head, content) -> content.doOnNext(piece -> size.addAndGet(piece.readableBytes())))
                .blockLast(Client.LIMIT);
        assertThat(size).hasValue((long) LINE * LINES);
    }
}
