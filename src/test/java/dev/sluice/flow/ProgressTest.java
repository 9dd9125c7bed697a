package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;

/** A backend that says how far it has come is heard by readers of events, and may take longer than its route's timeout. */
@Timeout(120)
class ProgressTest {

    private static final int REPORTS = 15;
    private static final Duration BETWEEN = Duration.ofMillis(400);

    @TempDir
    private Path directory;

    private final Queue<String> urls = new ConcurrentLinkedQueue<>();
    private final Queue<Integer> statuses = new ConcurrentLinkedQueue<>();

    private Mono<Void> work(HttpServerRequest request, HttpServerResponse response) {
        String url = request.requestHeaders().get("Sluice-Progress");
        urls.add(url);
        return Flux.range(0, REPORTS)
                .concatMap(step ->
                        Mono.delay(BETWEEN).then(report(url, "{\"percent\":" + step * 5 + ",\"step\":" + step + "}")))
                .then(response.sendString(Mono.just("done")).then());
    }

    private Mono<Integer> report(String url, String json) {
        return HttpClient.create()
                .post()
                .uri(url)
                .send(ByteBufFlux.fromString(Mono.just(json)))
                .responseSingle((answer, body) -> Mono.just(answer.status().code()))
                .doOnNext(statuses::add);
    }

    @Test
    void progressIsHeardAndKeepsTheCallAlive() throws IOException {
        DisposableServer backend =
                HttpServer.create().host("127.0.0.1").port(0).handle(this::work).bindNow();
        try (GatewayProcess gateway = GatewayProcess.start(
                directory,
                List.of(
                        "--sluice.routes.long.path=/long",
                        "--sluice.routes.long.backend=http://127.0.0.1:" + backend.port(),
                        "--sluice.routes.long.timeout=4s", // less than what it takes
                        "--sluice.routes.long.attempts=1"))) {
            Client client = new Client(gateway.url());
            JsonNode job = client.call("POST", "/long", "").block(Client.LIMIT).json();
            String id = job.path("id").asString();
            List<Client.Event> events = client.events(id).block(Client.LIMIT);

            assertThat(events).extracting(Client.Event::name).startsWith("accepted", "started", "progress");
            assertThat(events.get(events.size() - 1).name())
                    .as(events.get(events.size() - 1).data())
                    .isEqualTo("succeeded");
            assertThat(events)
                    .filteredOn(event -> event.name().equals("progress"))
                    .hasSize(REPORTS)
                    .last()
                    .satisfies(event -> assertThat(event.data())
                            .contains("\"percent\":70.00,\"step\":14}")
                            .doesNotContain("token"));
            assertThat(events)
                    .extracting(Client.Event::id)
                    .isEqualTo(Flux.range(1, REPORTS + 3)
                            .map(String::valueOf)
                            .collectList()
                            .block());
            assertThat(statuses).hasSize(REPORTS).containsOnly(204);
            assertThat(report(urls.peek(), "{}").block(Client.LIMIT))
                    .as("after the end")
                    .isEqualTo(409);
            assertThat(urls).hasSize(1);
            assertThat(urls.peek()).contains("/jobs/" + id + "/progress?token=");
            assertThat(gateway.log()).doesNotContain("token=");
        } finally {
            backend.disposeNow();
        }
    }
}
