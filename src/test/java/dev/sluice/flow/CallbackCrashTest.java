package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.InMemory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/** Section 9: no callback is lost by a kill -9 nor by a change of secrets, and none tells of a job that has not ended. */
@Timeout(180)
class CallbackCrashTest {

    private static final String OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String NEW = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD0Tn3JHr4HcE=";
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int JOBS = 200;

    @TempDir(factory = InMemory.class)
    Path directory;

    @Test
    void everyEndIsToldWheneverTheGatewayIsKilled() throws Exception {
        try (RecordingBackend backend = new RecordingBackend();
                WebhookReceiver receiver = new WebhookReceiver(OLD)) {
            String unfinished;
            List<String> jobs;
            try (GatewayProcess gateway = GatewayProcess.start(directory, settings(backend, OLD))) {
                Client client = new Client(gateway.url());
                unfinished = accepted(client, "/held/unfinished", receiver.url("/hooks"));
                jobs = Flux.range(0, JOBS)
                        .flatMap(
                                i -> client.call("POST", "/after-50", "{}", "Sluice-Callback", receiver.url("/hooks"))
                                        .map(answer -> answer.json().path("id").asString()),
                                32)
                        .collectList()
                        .block(LIMIT);
                await().atMost(LIMIT)
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> receiver.messages().size() >= 10);
                gateway.kill(); // some jobs wait, some run, some deliveries wait, some are under way
            }
            try (GatewayProcess gateway = GatewayProcess.start(directory, settings(backend, NEW + "," + OLD))) {
                Client operator = new Client(gateway.managementUrl());
                await().atMost(LIMIT).until(() -> told(receiver).size() >= JOBS);
                await().atMost(LIMIT)
                        .until(() -> deliveries(operator, "queued").isEmpty()
                                && deliveries(operator, "running").isEmpty());
                assertThat(told(receiver)).isEqualTo(new HashSet<>(jobs)).doesNotContain(unfinished);
                assertThat(deliveries(operator, "succeeded"))
                        .as("one delivery for each end")
                        .hasSize(JOBS);
                assertThat(receiver.messages())
                        .allSatisfy(message -> assertThat(message.id()).isEqualTo("msg_" + message.job()));
                backend.release("/held/unfinished");
                receiver.first(unfinished);
            }
            assertThat(receiver.forged()).isEmpty();
        }
    }

    private static String accepted(Client client, String path, String callback) {
        Client.Answer answer =
                client.call("POST", path, "{}", "Sluice-Callback", callback).block(LIMIT);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("id").asString();
    }

    private static Set<String> told(WebhookReceiver receiver) {
        Set<String> jobs = new HashSet<>();
        receiver.messages().forEach(message -> jobs.add(message.job()));
        return jobs;
    }

    private static List<JsonNode> deliveries(Client operator, String state) {
        return operator.get("/jobs?route=callbacks&limit=1000&state=" + state)
                .block(LIMIT)
                .json()
                .path("jobs")
                .valueStream()
                .toList();
    }

    private static List<String> settings(RecordingBackend backend, String secrets) {
        return List.of(
                "--sluice.callbacks.allowed-hosts=localhost:*",
                "--sluice.callbacks.allow-private-addresses=true",
                "--sluice.callbacks.secrets=" + secrets,
                "--sluice.routes.held.path=/held/**",
                "--sluice.routes.held.backend=" + backend.url(),
                "--sluice.routes.work.path=/after-50",
                "--sluice.routes.work.backend=" + backend.url());
    }
}
