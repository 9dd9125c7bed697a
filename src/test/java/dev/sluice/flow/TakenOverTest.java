package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/**
 * Work that a backend has taken over, to be polled or to be completed by a later call, survives {@code kill -9} between two polls
 * and in the middle of the answer: it is done once, also where only one try is allowed.
 */
@Timeout(120)
class TakenOverTest {

    private static final byte[] ANSWER = new byte[400_000];

    @TempDir
    private Path directory;

    @Test
    void whatABackendHasTakenOverSurvivesKills() throws Exception {
        TakingOverBackend backend = new TakingOverBackend();
        List<String> settings = List.of(
                "--sluice.routes.polled.path=/polled",
                "--sluice.routes.polled.backend=" + backend.url(),
                "--sluice.routes.polled.follow=true",
                "--sluice.routes.polled.attempts=1",
                "--sluice.routes.later.path=/later",
                "--sluice.routes.later.backend=" + backend.url(),
                "--sluice.routes.later.attempts=1");
        String polled;
        String later;
        GatewayProcess gateway = GatewayProcess.start(directory, settings);
        try {
            Client client = new Client(gateway.url());
            polled = id(client, "/polled");
            later = id(client, "/later");
            String completion = backend.completion(later, 1);
            backend.awaitPolls(polled, 2);
            Semaphore sent = new Semaphore(0);
            Disposable half = post(completion, Flux.concat(pieces().take(3), Flux.never()), sent)
                    .subscribe(status -> {}, error -> {});
            assertThat(sent.tryAcquire(3, 30, TimeUnit.SECONDS)).isTrue();
            gateway.kill();
            half.dispose();
            int polls = backend.calls("GET", polled).size();
            gateway = gateway.again();

            backend.awaitPolls(polled, polls + 1);
            assertThat(post(completion, pieces(), new Semaphore(0)).block(Client.LIMIT))
                    .isEqualTo(204);
            gateway.kill();
            gateway = gateway.again();
            backend.done(polled);
            client = new Client(gateway.url());
            for (String id : List.of(polled, later)) {
                List<Client.Event> events = client.events(id).block(Client.LIMIT);
                assertThat(events).extracting(Client.Event::name).containsExactly("accepted", "started", "succeeded");
            }
            assertThat(client.call("GET", "/jobs/" + polled + "/result", "")
                            .block(Client.LIMIT)
                            .body())
                    .isEqualTo("done");
            assertThat(client.call("GET", "/jobs/" + later + "/result", "")
                            .block(Client.LIMIT)
                            .body())
                    .hasSize(ANSWER.length);
            assertThat(post(completion, pieces(), new Semaphore(0)).block(Client.LIMIT))
                    .isEqualTo(409);
            assertThat(backend.calls("POST", polled)).hasSize(1);
            assertThat(backend.calls("POST", later)).hasSize(1);
            assertThat(gateway.log()).doesNotContain("token=");
        } finally {
            gateway.close();
            backend.close();
        }
    }

    private static Flux<byte[]> pieces() {
        return Flux.range(0, 4).map(piece -> new byte[ANSWER.length / 4]);
    }

    private static Mono<Integer> post(String url, Flux<byte[]> body, Semaphore sent) {
        return HttpClient.create()
                .headers(headers -> headers.set("Content-Length", ANSWER.length))
                .post()
                .uri(url)
                .send(body.doOnNext(piece -> sent.release()).map(Unpooled::wrappedBuffer))
                .response()
                .map(answer -> answer.status().code());
    }

    private static String id(Client client, String path) {
        return client.call("POST", path, "")
                .block(Client.LIMIT)
                .json()
                .path("id")
                .asString();
    }
}
