package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.ingress.Listeners;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;

/**
 * A backend that asks to be spared: whom it asks waits without using up a try, and nobody else does. Jobs have one try each.
 */
@Timeout(60)
class BackendInTroubleTest {

    private static final String LOUD = "Bearer loud-and-secret";

    private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();
    private final DisposableServer backend =
            HttpServer.create().host("127.0.0.1").port(0).handle(this::answer).bindNow();
    private volatile boolean recovered;
    private Listeners gateway;
    private Client client;
    private Client operator;

    @BeforeEach
    void start() {
        gateway = Listeners.dispatching(
                "sluice.routes.shared.path=/shared",
                "sluice.routes.shared.backend=http://127.0.0.1:" + backend.port(),
                "sluice.routes.shared.concurrency=1",
                "sluice.routes.shared.attempts=1",
                "sluice.routes.away.path=/away",
                "sluice.routes.away.backend=http://127.0.0.1:" + backend.port(),
                "sluice.routes.away.concurrency=4",
                "sluice.routes.away.attempts=1");
        client = new Client("http://127.0.0.1:" + gateway.port());
        operator = new Client("http://127.0.0.1:" + gateway.managementPort());
    }

    @AfterEach
    void stop() {
        gateway.close();
        backend.disposeNow();
    }

    private Mono<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        String caller = request.requestHeaders().get("Authorization", "nobody");
        calls.computeIfAbsent(request.uri() + " " + caller, any -> new AtomicInteger())
                .incrementAndGet();
        if (!recovered && caller.equals(LOUD)) {
            return response.status(429).header("Retry-After", "600").send();
        } else if (!recovered && request.uri().equals("/away")) {
            return response.status(503).header("Retry-After", "600").send();
        }
        return response.sendString(Mono.just("done")).then();
    }

    @Test
    void aCallerWhoIsRefusedDelaysNobodyElse() {
        List<String> loud = accepted("/shared", 20, "Authorization", LOUD);
        Client.Answer quiet = client.call("POST", "/shared", "{}", "Authorization", "Bearer quiet", "Prefer", "wait=30")
                .block(Client.LIMIT);
        assertThat(quiet.status()).as("not 202: the answer itself").isEqualTo(200);
        assertThat(calls.get("/shared " + LOUD)).hasValue(1);

        String shown = operator.get("/routes").block(Client.LIMIT).body();
        assertThat(shown).contains("\"holds\"").doesNotContain("loud-and-secret");
        assertThat(job(loud.get(19)).path("state").asString()).isEqualTo("queued");

        release("shared");
        assertThat(loud.subList(1, 20))
                .allSatisfy(id -> assertThat(finished(id)).isEqualTo("succeeded"));
        assertThat(calls.get("/shared " + LOUD)).hasValue(20);
        JsonNode refused = job(loud.get(0));
        assertThat(refused.path("state").asString())
                .as("keeps the time it was told")
                .isEqualTo("queued");
        assertThat(refused.path("tries").asInt()).isZero();
    }

    @Test
    void aRouteThatIsHeldStartsNothingAndAnotherGoesOn() {
        List<String> waiting = accepted("/away", 10);
        await().untilAsserted(() -> assertThat(route("away").path("holds")).isNotEmpty());
        assertThat(client.call("POST", "/shared", "{}", "Prefer", "wait=30")
                        .block(Client.LIMIT)
                        .status())
                .isEqualTo(200);
        assertThat(calls.get("/away nobody").get()).isBetween(1, 4);

        release("away");
        assertThat(waiting.subList(4, 10))
                .allSatisfy(id -> assertThat(finished(id)).isEqualTo("succeeded"));
        assertThat(route("away").path("holds")).isEmpty();
    }

    private List<String> accepted(String path, int many, String... fields) {
        return Flux.range(0, many)
                .concatMap(i -> client.call("POST", path, "{}", fields))
                .map(answer -> answer.json().get("id").asString())
                .collectList()
                .block(Client.LIMIT);
    }

    private void release(String route) {
        recovered = true;
        assertThat(operator.call("POST", "/routes/" + route + "/release", "")
                        .block(Client.LIMIT)
                        .status())
                .isEqualTo(200);
    }

    private String finished(String id) {
        return client.get("/jobs/" + id, "Prefer", "wait=30")
                .block(Client.LIMIT)
                .json()
                .get("state")
                .asString();
    }

    private JsonNode job(String id) {
        return client.get("/jobs/" + id).block(Client.LIMIT).json();
    }

    private JsonNode route(String id) {
        return operator.get("/routes")
                .block(Client.LIMIT)
                .json()
                .get("routes")
                .valueStream()
                .filter(route -> route.get("id").asString().equals(id))
                .findFirst()
                .orElseThrow();
    }
}
