package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.sluice.ingress.Listeners;
import dev.sluice.job.JobId;
import dev.sluice.journal.Journal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/**
 * Promise 12: the backend gets what the client sent as credentials with each attempt; nobody else sees them, and from the
 * end of the job on nobody at all.
 */
@Timeout(60)
class CredentialsTest {

    private static final String MARK = "m4rk3d";
    private static final String[] SENT = {
        "Accept", "text/plain",
        "Cookie", "session=" + MARK + "-cookie",
        "Authorization", "Bearer " + MARK + "-token",
        "X-Tenant-Key", MARK + "-tenant",
        "X-Partner", MARK + "-partner",
        "Idempotency-Key", "key",
        "Content-Type", "application/json"
    };

    @TempDir
    Path directory;

    private final Queue<String> logged = new ConcurrentLinkedQueue<>();
    private final Logger root = (Logger) LoggerFactory.getLogger("dev.sluice");
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            logged.add(event.getFormattedMessage() + " " + event.getThrowableProxy());
        }
    };

    @AfterEach
    void stopListening() {
        root.detachAppender(appender);
        root.setLevel(null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rocksdb", "memory"})
    void credentialsReachTheBackendAndNobodyElse(String type) throws Exception {
        try (RecordingBackend backend = new RecordingBackend();
                Listeners gateway = Listeners.dispatching(settings(type, backend))) {
            appender.start(); // behind the start, which sets logging up anew
            root.addAppender(appender);
            root.setLevel(Level.DEBUG);
            Client client = new Client("http://127.0.0.1:" + gateway.port());
            Client operator = new Client("http://127.0.0.1:" + gateway.managementPort());
            List<String> told = new ArrayList<>();

            String job = failed(client, backend, told, SENT);
            assertThat(backend.callsOf(job))
                    .hasSize(2)
                    .allSatisfy(call -> assertThat(call.headers().toString())
                            .contains("Cookie: session=" + MARK + "-cookie, Authorization: Bearer " + MARK
                                    + "-token, X-Tenant-Key: " + MARK + "-tenant, X-Partner: " + MARK
                                    + "-partner"));

            Client.Answer again = call(operator, "POST", "/jobs/" + job + "/redrive", told);
            assertThat(again.status()).isEqualTo(201);
            assertThat(again.json().path("withoutCredentials").asBoolean()).isTrue();
            String second = again.json().path("id").asString();
            endsFailed(client, second);
            assertThat(backend.callsOf(second)).hasSize(2).allSatisfy(call -> {
                assertThat(call.headers().contains("Authorization")).isFalse();
                assertThat(call.headers().contains("X-Partner")).isFalse();
                assertThat(call.headers().get("Accept")).isEqualTo("text/plain");
            });
            assertThat(call(operator, "POST", "/jobs/" + second + "/redrive", told)
                            .json()
                            .path("withoutCredentials")
                            .asBoolean())
                    .as("of one that went without them")
                    .isTrue();
            String plain = failed(client, backend, told, "Accept", "text/plain");
            assertThat(call(operator, "POST", "/jobs/" + plain + "/redrive", told)
                            .json()
                            .has("withoutCredentials"))
                    .as("of one that had none")
                    .isFalse();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> operator.get("/jobs?state=failed")
                                    .block(Client.LIMIT)
                                    .json()
                                    .path("jobs")
                                    .size()
                            == 5);
            Client.Answer many = call(operator, "POST", "/jobs/redrive?route=failing", told);
            assertThat(many.json().path("redriven").asInt()).isEqualTo(5);
            assertThat(many.json().path("withoutCredentials").asInt()).isEqualTo(3);

            for (String path : List.of("/jobs", "/jobs/" + job, "/routes", "/actuator/prometheus", "/openapi.json")) {
                call(operator, "GET", path, told);
            }
            for (String path : List.of("/jobs/" + job, "/jobs/" + job + "/result", "/jobs/" + job + "/events")) {
                call(client, "GET", path, told);
            }
            assertThat(told).noneMatch(text -> text.contains(MARK));
            areStoredNoMore(gateway.journal(), job);
        }
        assertThat(logged).as("what is logged, up to the stop").isNotEmpty().noneMatch(line -> line.contains(MARK));
    }

    private static void areStoredNoMore(Journal journal, String job) {
        JobId id = JobId.parse(job).orElseThrow();
        assertThat(journal.request(id).block(Client.LIMIT).head().toString()).doesNotContain(MARK);
        assertThat(journal.find(id).block(Client.LIMIT).toString()).doesNotContain(MARK);
        assertThat(journal.history(id, 0).collectList().block(Client.LIMIT).toString())
                .doesNotContain(MARK);
    }

    private static String failed(Client client, RecordingBackend backend, List<String> told, String... fields) {
        Client.Answer accepted = client.call("POST", "/failing", "{}", fields).block(Client.LIMIT);
        told.add(accepted.headers() + accepted.body());
        assertThat(accepted.status()).isEqualTo(202);
        String job = accepted.json().path("id").asString();
        endsFailed(client, job);
        return job;
    }

    private static void endsFailed(Client client, String job) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> client.get("/jobs/" + job)
                        .block(Client.LIMIT)
                        .json()
                        .path("state")
                        .asString()
                        .equals("failed"));
    }

    private static Client.Answer call(Client client, String method, String path, List<String> told) {
        Client.Answer answer = client.call(method, path, "").block(Client.LIMIT);
        told.add(answer.headers() + answer.body());
        return answer;
    }

    private String[] settings(String type, RecordingBackend backend) {
        return new String[] {
            "sluice.journal.type=" + type,
            "sluice.journal.path=" + directory.resolve("data"),
            "sluice.ingress.client-header=X-Tenant-Key",
            "sluice.routes.failing.path=/failing",
            "sluice.routes.failing.backend=" + backend.url(),
            "sluice.routes.failing.attempts=2",
            "sluice.routes.failing.backoff=1ms",
            "sluice.routes.failing.max-backoff=1ms",
            "sluice.routes.failing.credentials=X-Partner"
        };
    }
}
