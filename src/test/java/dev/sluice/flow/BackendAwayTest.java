package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.FreePorts;
import dev.sluice.ingress.Listeners;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/** An outage of a backend fails nobody who can wait, is hardly noticed by the backend, and by another route not at all. */
@Timeout(120)
class BackendAwayTest {

    private static final int JOBS = 200;
    private static final int CONCURRENCY = 8;

    @TempDir
    Path directory;

    @Test
    void jobsWithOneTryOutlastAnOutageOfTheirBackend() throws Exception {
        int port = FreePorts.next();
        try (RecordingBackend other = new RecordingBackend();
                Listeners gateway = Listeners.dispatching(settings(port, other.url()))) {
            Client client = new Client("http://127.0.0.1:" + gateway.port(), 20);
            Client operator = new Client("http://127.0.0.1:" + gateway.managementPort());
            List<String> ids = Flux.fromStream(IntStream.range(0, JOBS).boxed())
                    .flatMap(i -> client.post("/away", null, "{}"), 20)
                    .map(answer -> answer.json().path("id").asString())
                    .collectList()
                    .block(Client.LIMIT);

            await().atMost(Client.LIMIT)
                    .until(() ->
                            meter(operator, "sluice_breaker_connections_total\\{outcome=\"failed\",route=\"away\"}")
                                    >= 2);
            JsonNode breaker = route(operator, "away").path("breaker");
            assertThat(breaker.path("state").asString()).isEqualTo("open");
            assertThat(breaker.path("reason").asString()).isEqualTo("unreachable");
            assertThat(breaker.path("nextProbeAt").asString()).isNotEmpty();
            JsonNode health =
                    operator.get("/actuator/health").block(Client.LIMIT).json();
            assertThat(health.path("status").asString()).isEqualTo("UP");
            assertThat(health.at("/components/breakers/details/away/state").asString())
                    .isEqualTo("open");
            assertThat(operator.get("/actuator/health/readiness")
                            .block(Client.LIMIT)
                            .status())
                    .isEqualTo(200);
            assertThat(client.call("POST", "/steady", "{}", "Prefer", "wait=20")
                            .block(Client.LIMIT)
                            .status())
                    .isEqualTo(200);
            assertThat(route(operator, "steady").at("/breaker/state").asString())
                    .isEqualTo("closed");

            try (RecordingBackend away = new RecordingBackend(port)) {
                away.awaitAnswers("/away", JOBS);
                for (String id : ids) {
                    JsonNode job = client.get("/jobs/" + id, "Prefer", "wait=20")
                            .block(Client.LIMIT)
                            .json();
                    assertThat(job.path("state").asString()).isEqualTo("succeeded");
                    assertThat(job.path("attempt").asInt()).isOne();
                }
                assertThat(away.callsTo("/away")).hasSize(JOBS);
            }
            assertThat(meter(
                            operator,
                            "sluice_backend_calls_seconds_count\\{outcome=\"backend-unreachable\",route=\"away\"}"))
                    .isBetween(1.0, (double) CONCURRENCY);
        }
    }

    private String[] settings(int port, String other) {
        return new String[] {
            "sluice.journal.type=rocksdb",
            "sluice.journal.path=" + directory.resolve("data"),
            "sluice.routes.away.path=/away",
            "sluice.routes.away.backend=http://localhost:" + port,
            "sluice.routes.away.attempts=1",
            "sluice.routes.away.concurrency=" + CONCURRENCY,
            "sluice.routes.steady.path=/steady",
            "sluice.routes.steady.mode=negotiate",
            "sluice.routes.steady.backend=" + other
        };
    }

    private static JsonNode route(Client operator, String id) {
        JsonNode routes = operator.get("/routes").block(Client.LIMIT).json().path("routes");
        return routes.valueStream()
                .filter(route -> route.path("id").asString().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static double meter(Client operator, String name) {
        String all = operator.get("/actuator/prometheus").block(Client.LIMIT).body();
        Matcher line = Pattern.compile("(?m)^" + name + " (.*)$").matcher(all);
        return line.find() ? Double.parseDouble(line.group(1)) : 0;
    }
}
