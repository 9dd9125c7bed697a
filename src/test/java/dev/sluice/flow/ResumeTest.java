package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients find again when the gateway was killed or stopped while they had something going on with it. */
@Timeout(180)
class ResumeTest {

    @TempDir
    Path directory;

    @Test
    void afterAKillKeysTimesAndEventsHold() throws Exception {
        try (RecordingBackend backend = new RecordingBackend()) {
            String done;
            String held;
            String delayed;
            String overdue;
            String erased;
            List<Client.Event> seen;
            Instant begun = Instant.now();
            List<String> settings = settings(backend.url());
            try (GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
                Client client = new Client(gateway.url());
                done = accept(client, "/steady", "{\"done\":1}", "Idempotency-Key", "done");
                client.events(done).block(Client.LIMIT);
                erased = accept(client, "/steady", "{\"erased\":1}", "Idempotency-Key", "erased");
                client.events(erased).block(Client.LIMIT);
                assertThat(client.call("DELETE", "/jobs/" + erased + "?erase=true", "")
                                .block(Client.LIMIT)
                                .status())
                        .isEqualTo(204);
                held = accept(client, "/held", "{\"held\":1}", "Idempotency-Key", "held");
                delayed = accept(client, "/steady", "{}", "Sluice-Delay", "8s");
                overdue = accept(client, "/held", "{}", "Sluice-Deadline", "3s");
                backend.awaitCalls("/held", 2);
                seen = cutOff(client, held, gateway);
            }
            assertThat(seen).extracting(Client.Event::id).containsExactly("1", "2");
            try (GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
                Client client = new Client(gateway.url());
                assertReplayed(client, "/steady", "{\"done\":1}", "done", done);
                assertReplayed(client, "/held", "{\"held\":1}", "held", held);
                assertThat(post(client, "/steady", "{\"done\":2}", "Idempotency-Key", "done")
                                .status())
                        .isEqualTo(422);
                assertThat(accept(client, "/steady", "{\"new\":1}", "Idempotency-Key", "erased"))
                        .isNotEqualTo(erased);
                assertThat(client.get("/jobs/" + erased).block(Client.LIMIT).status())
                        .isEqualTo(410);
                List<Client.Event> late = client.events(overdue).block(Client.LIMIT);
                assertThat(late.get(late.size() - 1).name()).isEqualTo("failed");
                Client.Answer result =
                        client.get("/jobs/" + overdue + "/result").block(Client.LIMIT);
                assertThat(result.status()).isEqualTo(504);
                assertThat(result.body()).contains("deadline-exceeded");

                backend.release("/held");

                List<Client.Event> rest = Client.parse(client.get("/jobs/" + held + "/events", "Last-Event-ID", "2")
                        .block(Client.LIMIT)
                        .body());
                List<Client.Event> both = new ArrayList<>(seen);
                both.addAll(rest);
                assertThat(both).isEqualTo(client.events(held).block(Client.LIMIT));
                assertThat(both)
                        .extracting(Client.Event::name)
                        .containsExactly("accepted", "started", "requeued", "started", "succeeded");
                assertThat(client.get("/jobs/" + held + "/events", "Last-Event-ID", "5")
                                .block(Client.LIMIT)
                                .status())
                        .isEqualTo(204);

                List<Client.Event> waited = client.events(delayed).block(Client.LIMIT);
                assertThat(waited).extracting(Client.Event::name).containsExactly("accepted", "started", "succeeded");
                Instant started = Instant.parse(waited.get(1).json().path("at").asString());
                assertThat(Duration.between(begun, started)).isGreaterThan(Duration.ofSeconds(8));
            }
        }
    }

    /** Reads events until two were told, then kills the gateway: what was read. */
    private static List<Client.Event> cutOff(Client client, String job, GatewayProcess gateway) throws Exception {
        StringBuffer read = new StringBuffer();
        CountDownLatch told = new CountDownLatch(1);
        CompletableFuture<List<Client.Event>> reading = client.events(job, piece -> {
                    if (read.append(piece).indexOf("event: started") >= 0
                            && read.substring(read.indexOf("event: started")).contains("\n\n")) {
                        told.countDown();
                    }
                })
                .toFuture();
        assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        gateway.kill();
        assertThat(reading).failsWithin(Duration.ofSeconds(20));
        return Client.parse(read.toString());
    }

    @Test
    void whoWaitsWhileTheGatewayStopsIsTold() throws Exception {
        try (RecordingBackend backend = new RecordingBackend();
                GatewayProcess gateway = GatewayProcess.start(directory, settings(backend.url()))) {
            Client client = new Client(gateway.url());
            List<CompletableFuture<Client.Answer>> waiting = new ArrayList<>();
            for (int n = 0; n < 12; n++) {
                waiting.add(post(client, n));
            }
            backend.awaitCalls("/held-direct", 4);
            String other = accept(client, "/held", "{}");
            CompletableFuture<Client.Answer> polling =
                    client.get("/jobs/" + other, "Prefer", "wait=50").toFuture();
            CompletableFuture<Client.Answer> result = client.get("/jobs/" + other + "/result", "Prefer", "wait=50")
                    .toFuture();
            backend.awaitCalls("/held", 1);
            // Their waiting has begun when their jobs are there, of which there are as many as the list says.
            while (client.get("/jobs/" + other)
                    .block(Client.LIMIT)
                    .json()
                    .path("state")
                    .asString()
                    .equals("queued")) {
                Thread.onSpinWait();
            }
            gateway.terminate();
            for (CompletableFuture<Client.Answer> one : waiting) {
                Client.Answer answer = one.get(30, TimeUnit.SECONDS);
                assertThat(answer.status()).as(answer.body()).isEqualTo(202);
                assertThat(answer.headers().get("Location"))
                        .isEqualTo("/jobs/" + answer.json().path("id").asString());
            }
            assertThat(polling.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
            assertThat(result.get(30, TimeUnit.SECONDS).status()).isEqualTo(202);
            backend.release("/held");
            backend.release("/held-direct");
            gateway.awaitEnd();
        }
    }

    private static CompletableFuture<Client.Answer> post(Client client, int n) {
        return client.call("POST", "/held-direct", "{\"n\":" + n + "}").toFuture();
    }

    private static Client.Answer post(Client client, String path, String body, String... fields) {
        return client.call("POST", path, body, fields).block(Client.LIMIT);
    }

    private static String accept(Client client, String path, String body, String... fields) {
        Client.Answer answer = post(client, path, body, fields);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("id").asString();
    }

    private static void assertReplayed(Client client, String path, String body, String key, String job) {
        Client.Answer answer = post(client, path, body, "Idempotency-Key", "\"" + key + "\"");
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.headers().get("Idempotency-Replayed")).isEqualTo("true");
        assertThat(answer.json().path("id").asString()).isEqualTo(job);
    }

    private static List<String> settings(String backend) {
        List<String> settings = new ArrayList<>();
        for (String route : List.of("steady", "held", "held-direct")) {
            settings.add("--sluice.routes." + route + ".path=/" + route);
            settings.add("--sluice.routes." + route + ".backend=" + backend);
            settings.add("--sluice.routes." + route + ".backoff=20ms");
        }
        settings.add("--sluice.routes.held-direct.mode=negotiate");
        settings.add("--sluice.routes.held-direct.concurrency=4");
        settings.add("--sluice.dispatch.shutdown-grace=5s");
        return settings;
    }
}
