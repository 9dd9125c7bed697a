package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Work that a backend has taken over, to be polled or to be completed by a later call, survives {@code kill -9} between two polls
 * and in the middle of the answer: it is done once, also where only one try is allowed.
 */
@Timeout(120)
class TakenOverTest {

    private static final byte[] ANSWER = new byte[400_000];

    @TempDir
    private Path directory;

    private final Queue<String> calls = new ConcurrentLinkedQueue<>();
    private final Map<String, String> completions = new ConcurrentHashMap<>();
    private final Semaphore polls = new Semaphore(0);
    private volatile boolean done;

    @Test
    void whatABackendHasTakenOverSurvivesKills() throws Exception {
        DisposableServer backend = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle(this::answer)
                .bindNow();
        String uri = "http://127.0.0.1:" + backend.port();
        List<String> settings = List.of(
                "--sluice.routes.polled.path=/polled",
                "--sluice.routes.polled.backend=" + uri,
                "--sluice.routes.polled.follow=true",
                "--sluice.routes.polled.attempts=1",
                "--sluice.routes.later.path=/later",
                "--sluice.routes.later.backend=" + uri,
                "--sluice.routes.later.attempts=1");
        String polled;
        String later;
        GatewayProcess gateway = GatewayProcess.start(directory, settings);
        try {
            Client client = new Client(gateway.url());
            polled = id(client, "/polled");
            later = id(client, "/later");
            assertThat(polls.tryAcquire(2, 30, TimeUnit.SECONDS)).isTrue();
            Semaphore sent = new Semaphore(0);
            Disposable half =
                    post(later, Flux.concat(pieces(), Flux.never()), sent).subscribe(status -> {}, error -> {});
            assertThat(sent.tryAcquire(4, 30, TimeUnit.SECONDS)).isTrue();
            gateway.kill();
            half.dispose();
            gateway = gateway.again();

            polls.drainPermits();
            assertThat(polls.tryAcquire(1, 30, TimeUnit.SECONDS))
                    .as("polled again")
                    .isTrue();
            assertThat(post(later, pieces(), new Semaphore(0)).block(Client.LIMIT))
                    .isEqualTo(204);
            gateway.kill();
            gateway = gateway.again();
            done = true;
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
            assertThat(post(later, pieces(), new Semaphore(0)).block(Client.LIMIT))
                    .isEqualTo(409);
            assertThat(calls).containsExactlyInAnyOrder("POST /polled 1", "POST /later 1");
            assertThat(gateway.log()).doesNotContain("token=");
        } finally {
            gateway.close();
            backend.disposeNow();
        }
    }

    private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        if (request.method().name().equals("GET")) {
            polls.release();
            return done
                    ? response.sendString(Mono.just("done"))
                    : response.status(202).header("Retry-After", "1").send();
        }
        String path = "/" + request.path();
        calls.add("POST " + path + " " + request.requestHeaders().get("Sluice-Attempt"));
        if (path.equals("/polled")) {
            return response.status(202)
                    .header("Location", "/operations/7")
                    .header("Retry-After", "1")
                    .send();
        }
        completions.put(
                request.requestHeaders().get("Sluice-Job"),
                request.requestHeaders().get("Sluice-Completion"));
        return response.status(202).header("Sluice-Completion", "later").send();
    }

    private static Flux<byte[]> pieces() {
        return Flux.range(0, 4).map(piece -> new byte[ANSWER.length / 4]);
    }

    private Mono<Integer> post(String job, Flux<byte[]> body, Semaphore sent) {
        return Mono.defer(() -> Mono.justOrEmpty(completions.get(job)))
                .repeatWhenEmpty(200, tries -> tries.delayElements(Duration.ofMillis(50)))
                .flatMap(url -> HttpClient.create()
                        .headers(headers -> headers.set("Content-Length", ANSWER.length))
                        .post()
                        .uri(url)
                        .send(body.doOnNext(piece -> sent.release()).map(Unpooled::wrappedBuffer))
                        .response()
                        .map(answer -> answer.status().code()));
    }

    private static String id(Client client, String path) {
        return client.call("POST", path, "")
                .block(Client.LIMIT)
                .json()
                .path("id")
                .asString();
    }
}
