package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/**
 * Promise 5: a gateway that is asked to stop refuses new work, lets running attempts finish within the grace, and puts the
 * rest back without counting it as a try.
 */
class OrderlyStopTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    @TempDir
    Path directory;

    @Test
    @Timeout(120)
    void nothingIsLostAndNoTryIsCounted() throws Exception {
        try (RecordingBackend backend = new RecordingBackend()) {
            List<String> running = new ArrayList<>();
            List<String> waiting = new ArrayList<>();
            String once;
            String done;
            try (GatewayProcess gateway = GatewayProcess.start(directory, settings(backend.url()))) {
                Client client = new Client(gateway.url());
                once = accept(client, "/held-once");
                done = accept(client, "/held-done");
                for (int n = 0; n < 5; n++) {
                    (n < 2 ? running : waiting).add(accept(client, "/held"));
                }
                backend.awaitCalls("/held", 2);
                backend.awaitCalls("/held-once", 1);
                backend.awaitCalls("/held-done", 1);
                CountDownLatch told = new CountDownLatch(1);
                CompletableFuture<List<Client.Event>> reader = client.events(running.get(0), piece -> {
                            if (piece.contains("\"attempt\"")) {
                                told.countDown();
                            }
                        })
                        .toFuture();
                assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();

                gateway.terminate();
                Client.Answer refusal = refusal(client);
                assertThat(refusal.json().path("type").asString()).isEqualTo("urn:sluice:problem:draining");
                assertThat(refusal.json().path("retryable").asBoolean()).isTrue();
                assertThat(refusal.headers().get("Retry-After")).isNotNull();
                assertThat(refusal.headers().get("Connection")).isEqualToIgnoringCase("close");
                assertThat(job(client, done).path("state").asString())
                        .as("jobs can be looked at while it stops")
                        .isEqualTo("running");
                backend.release("/held-done");
                gateway.awaitEnd();
                assertThat(reader.get(10, TimeUnit.SECONDS))
                        .extracting(Client.Event::name)
                        .as("the reader was sent away, in order to come back")
                        .startsWith("accepted", "started")
                        .doesNotContain("succeeded", "failed", "cancelled");
            }
            try (GatewayProcess gateway = GatewayProcess.start(directory, settings(backend.url()))) {
                backend.release("/held");
                Client client = new Client(gateway.url());
                for (String job : running) {
                    List<Client.Event> events = client.events(job).block(Client.LIMIT);
                    assertThat(events)
                            .extracting(Client.Event::name)
                            .containsExactly("accepted", "started", "requeued", "started", "succeeded");
                    assertThat(events.get(2).json().path("reason").asString()).isEqualTo("node-stopped");
                    assertThat(job(client, job).path("attempt").asInt()).isEqualTo(2);
                    assertThat(job(client, job).path("tries").asInt()).isEqualTo(1);
                    assertThat(backend.callsOf(job))
                            .allSatisfy(call -> assertThat(call.key()).isEqualTo(job))
                            .extracting(RecordingBackend.Call::attempt)
                            .as("the backend has seen both")
                            .containsExactly(1, 2);
                }
                for (String job : waiting) {
                    assertThat(names(client, job)).containsExactly("accepted", "started", "succeeded");
                    assertThat(backend.callsOf(job)).hasSize(1);
                }
                assertThat(names(client, done)).containsExactly("accepted", "started", "succeeded");
                assertThat(backend.callsOf(done)).hasSize(1);
                assertThat(names(client, once)).containsExactly("accepted", "started", "failed");
                assertThat(job(client, once).path("failure").path("type").asString())
                        .isEqualTo("urn:sluice:problem:outcome-unknown");
                assertThat(backend.callsOf(once)).hasSize(1);
            }
        }
    }

    /** What a backend works at goes on, what it sends meanwhile is taken, and a delivery that hangs is repeated. */
    @Test
    @Timeout(120)
    void everyWayToFinishIsGoneOnWith() throws Exception {
        try (RecordingBackend backend = new RecordingBackend();
                TakingOverBackend taking = new TakingOverBackend();
                WebhookReceiver receiver = new WebhookReceiver(SECRET)) {
            List<String> settings = new ArrayList<>(settings(backend.url()));
            settings.add("--sluice.callbacks.allowed-hosts=localhost:*");
            settings.add("--sluice.callbacks.allow-private-addresses=true");
            settings.add("--sluice.callbacks.secrets=" + SECRET);
            settings.add("--sluice.routes.taken.path=/{kind:polled|later}");
            settings.add("--sluice.routes.taken.backend=" + taking.url());
            settings.add("--sluice.routes.taken.follow=true");
            settings.add("--sluice.routes.taken.attempts=1");
            String group;
            String delivering;
            List<String> taken;
            try (GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
                Client client = new Client(gateway.url());
                group = GroupAccount.open(client);
                String[] fields = {"Sluice-Group", group, "Sluice-Callback", receiver.url("/ends")};
                taken = List.of(accept(client, "/polled", fields), accept(client, "/later", fields));
                String completion = taking.completion(taken.get(1), 1);
                taking.awaitPolls(taken.get(0), 1);
                accept(client, "/held-done"); // keeps the gateway from stopping at once
                backend.awaitCalls("/held-done", 1);
                delivering = accept(client, "/steady", "Sluice-Callback", receiver.url("/late"));
                receiver.first(delivering);

                gateway.terminate();
                refusal(client);
                assertThat(client.call("POST", completion.substring(completion.indexOf("/jobs/")), "made")
                                .block(Client.LIMIT)
                                .status())
                        .isEqualTo(204);
                gateway.awaitEnd();
            }
            backend.release("/held-done");
            taking.done(taken.get(0));
            try (GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
                Client client = new Client(gateway.url());
                for (String job : taken) {
                    assertThat(names(client, job)).containsExactly("accepted", "started", "succeeded");
                    assertThat(taking.calls("POST", job)).hasSize(1);
                    assertThat(receiver.first(job).type()).isEqualTo("job.succeeded");
                }
                client.call("POST", "/groups/" + group + "/close", "").block(Client.LIMIT);
                JsonNode counts = client.get("/groups/" + group, "Prefer", "wait=30")
                        .block(Client.LIMIT)
                        .json()
                        .path("jobs");
                assertThat(counts.path("total").asInt()).isEqualTo(2);
                assertThat(counts.path("succeeded").asInt()).isEqualTo(2);
                Client operator = new Client(gateway.managementUrl());
                await().atMost(Client.LIMIT)
                        .until(() -> receiver.of(delivering).size() == 2
                                && deliveries(operator).size() == 3);
                assertThat(deliveries(operator))
                        .filteredOn(delivery -> delivery.path("attempt").asInt() == 2)
                        .singleElement()
                        .satisfies(delivery ->
                                assertThat(delivery.path("tries").asInt()).isEqualTo(1));
            }
        }
    }

    private static List<JsonNode> deliveries(Client operator) {
        return operator.get("/jobs?route=callbacks&state=succeeded")
                .block(Client.LIMIT)
                .json()
                .path("jobs")
                .valueStream()
                .toList();
    }

    /**
     * Offers new work until it is refused. A refusal that closes the connection may cross the request's body, and then the
     * client hears of a broken connection instead.
     */
    private static Client.Answer refusal(Client client) {
        return Flux.interval(Duration.ofMillis(20))
                .onBackpressureDrop()
                .concatMap(tick -> client.post("/steady", null, "{}"), 1)
                .filter(answer -> answer.status() != 202)
                .next()
                .block(Client.LIMIT);
    }

    private static String accept(Client client, String path, String... fields) {
        Client.Answer answer = client.call("POST", path, "{}", fields).block(Client.LIMIT);
        assertThat(answer.status()).isEqualTo(202);
        return answer.json().path("id").asString();
    }

    private static JsonNode job(Client client, String job) {
        return client.get("/jobs/" + job).map(Client.Answer::json).block(Client.LIMIT);
    }

    private static List<String> names(Client client, String job) {
        return client.events(job)
                .flatMapMany(Flux::fromIterable)
                .map(Client.Event::name)
                .collectList()
                .block(Client.LIMIT);
    }

    private static List<String> settings(String backend) {
        List<String> settings = new ArrayList<>();
        for (String route : List.of("steady", "held", "held-once", "held-done")) {
            settings.add("--sluice.routes." + route + ".path=/" + route);
            settings.add("--sluice.routes." + route + ".backend=" + backend);
        }
        settings.add("--sluice.routes.held.concurrency=2");
        settings.add("--sluice.routes.held-once.attempts=1");
        settings.add("--sluice.dispatch.shutdown-grace=4s");
        return settings;
    }
}
