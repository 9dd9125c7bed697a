package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.postgres.CuttingProxy;
import dev.sluice.journal.postgres.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;

/** What clients and operators see while the database is away, and afterwards. */
@Timeout(60)
class DatabaseAwayTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Test
    void clientsAreToldToComeBackAndFindAllAsItWas() throws Exception {
        PostgresServer server = PostgresServer.shared();
        PostgresServer.Database database = server.newDatabase();
        try (CuttingProxy proxy = new CuttingProxy(database.port());
                Listeners listeners = new Listeners(settings(database.at(proxy.port())))) {
            JobId before = listeners.accept("/work");
            Job running = listeners.claim("work");
            assertThat(readiness(listeners).status()).isEqualTo(200);

            proxy.leadTo(1);
            proxy.cut();
            await().atMost(LIMIT).until(() -> readiness(listeners).status() == 503);
            assertThat(readiness(listeners)
                            .json()
                            .at("/components/journal/details/journal")
                            .asString())
                    .startsWith("no connection to the database");
            for (Wire.Reply refused : List.of(post(listeners), get(listeners, before))) {
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.problem()).isEqualTo("journal-unavailable");
                assertThat(refused.field("Retry-After")).isEqualTo("5");
                assertThat(refused.text()).doesNotContain("database", "127.0.0.1", "Exception");
            }

            proxy.leadTo(database.port());
            await().atMost(LIMIT).until(() -> readiness(listeners).status() == 200);
            assertThat(post(listeners).status()).isEqualTo(202);
            assertThat(get(listeners, before).json().get("state").asString()).isEqualTo("running");
            listeners.answer(running, 200, null, Headers.NONE, Flux.just("done".getBytes(StandardCharsets.US_ASCII)));
            assertThat(get(listeners, before).json().get("state").asString()).isEqualTo("succeeded");
            assertThat(listeners.claim("work").id()).isNotEqualTo(before);
        }
        server.drop(database);
    }

    private static String[] settings(PostgresServer.Database database) {
        List<String> settings = new ArrayList<>(
                List.of("sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1"));
        database.settings().forEach(setting -> settings.add(setting.substring("--".length())));
        settings.add("sluice.journal.postgres.timeout=2s");
        return settings.toArray(String[]::new);
    }

    private static Wire.Reply readiness(Listeners listeners) throws IOException {
        return Wire.call(listeners.managementPort(), "GET /actuator/health/readiness HTTP/1.1\nHost: localhost");
    }

    private static Wire.Reply post(Listeners listeners) throws IOException {
        return Wire.call(listeners.port(), "POST /work HTTP/1.1\nHost: localhost\nContent-Length: 4", new byte[] {
            'b', 'o', 'd', 'y'
        });
    }

    private static Wire.Reply get(Listeners listeners, JobId id) throws IOException {
        return Wire.call(listeners.port(), "GET /jobs/" + id + " HTTP/1.1\nHost: localhost");
    }
}
