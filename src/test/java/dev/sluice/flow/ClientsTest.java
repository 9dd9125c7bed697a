package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.ScriptedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The clients of src/test/clients, each run as a user would run it, against the gateway and through the proxies. */
@Timeout(180)
class ClientsTest {

    private static final String RESULT = "\\{\"report\": ?\"q3\"}";

    private static final String REPORT = "\\{\"report\": ?\\d+}";

    private static final String SECRET = "whsec_" + Base64.getEncoder().encodeToString(new byte[32]);

    @TempDir
    static Path directory;

    private static RecordingBackend backend;
    private static ScriptedServer silent;
    private static GatewayProcess gateway;

    private final List<AutoCloseable> runs = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        backend = new RecordingBackend();
        silent = new ScriptedServer(ScriptedServer.Conversation::request); // takes a request and closes the connection
        gateway = GatewayProcess.start(
                directory,
                List.of(
                        "--sluice.callbacks.allowed-hosts=127.0.0.1:*",
                        "--sluice.callbacks.allow-private-addresses=true",
                        "--sluice.callbacks.secrets=" + SECRET,
                        "--sluice.routes.held.path=/async-operation/**",
                        "--sluice.routes.held.backend=" + backend.url() + "/held",
                        "--sluice.routes.held.backoff=10ms",
                        "--sluice.routes.held.concurrency=128",
                        "--sluice.routes.gone.path=/async-operation/gone",
                        "--sluice.routes.gone.backend=" + silent.uri(),
                        "--sluice.routes.gone.attempts=1"));
    }

    @AfterEach
    void endWhatStillRuns() throws Exception {
        for (AutoCloseable run : runs) {
            run.close();
        }
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        backend.close();
        silent.close();
    }

    /** The backend answers only when the client has told of the start: an event that was held back would never come. */
    @ParameterizedTest
    @EnumSource
    void everyClientSeesEventsAsTheyHappenAndTheResult(ClientLanguage language) throws Exception {
        succeeds(language, gateway.url());
    }

    @ParameterizedTest
    @EnumSource
    void everyClientTellsWhyAJobFailed(ClientLanguage language) throws Exception {
        ClientRun run = client(language, gateway.url(), "/async-operation/gone");
        run.expect("accepted as .*", "1 accepted", "2 started", "3 failed", ".*backend-unreachable.*");
        assertThat(run.exit()).isNotZero();
    }

    @ParameterizedTest
    @EnumSource
    void everyClientStopsAtARefusal(ClientLanguage language) throws Exception {
        ClientRun run = client(language, gateway.url(), "/nothing");
        assertThat(run.exit()).isNotZero();
        assertThat(run.told()).noneMatch(line -> line.startsWith("accepted"));
    }

    @Test
    void alsoThroughNginx() throws Exception {
        try (ReverseProxy nginx = ReverseProxy.nginx(directory.resolve("nginx"), gateway.url())) {
            for (ClientLanguage language : ClientLanguage.values()) {
                succeeds(language, nginx.url());
            }
            succeedsWithABatch(ClientLanguage.PHP, nginx.url());
        }
    }

    @Test
    void alsoThroughApache() throws Exception {
        try (ReverseProxy apache = ReverseProxy.apache(directory.resolve("apache"), gateway.url())) {
            for (ClientLanguage language : ClientLanguage.values()) {
                succeeds(language, apache.url());
            }
            succeedsWithABatch(ClientLanguage.PHP, apache.url());
        }
    }

    /** A kill, and a cut in the middle of an event: each job is told of once, and the receiver of the end of all. */
    @Test
    void batchesAreFollowedOnOneStreamAndCalledBackAcrossAKillAndACut() throws Exception {
        String path = "/async-operation/batch";
        int count = 20;
        backend.refuse("/held" + path, "\\{\"report\": ?13}");
        List<ClientRun> batches = new ArrayList<>();
        List<CallbackReceiver> receivers = new ArrayList<>();
        try (CuttingRelay relay = new CuttingRelay(gateway.url(), "event: succeeded")) {
            for (ClientLanguage language : ClientLanguage.values()) {
                CallbackReceiver receiver = language.receiver(
                        Files.createDirectories(directory.resolve("kept").resolve(language.name())), SECRET);
                runs.add(receiver);
                receivers.add(receiver);
                batches.add(client(language, relay.url(), path, Integer.toString(count), receiver.url() + "/hook"));
            }
            backend.awaitCalls("/held" + path, count * batches.size());
            gateway.kill();
            gateway = gateway.again();
            backend.awaitCalls("/held" + path, count * batches.size());
            backend.release("/held" + path);
            for (int i = 0; i < batches.size(); i++) {
                ClientRun batch = batches.get(i);
                String created = batch.next();
                assertThat(created).startsWith("created http");
                batch.nextOf("finished .*\"total\": ?" + count + "[,}].*");
                assertThat(batch.exit()).as("one of them failed").isNotZero();
                List<String> ends = batch.told().subList(1, count + 1);
                assertThat(ends).filteredOn(end -> end.endsWith(" failed")).hasSize(1);
                for (int n = 1; n <= count; n++) {
                    assertThat(ends.get(n - 1)).matches(n + " (succeeded|failed)");
                }
                assertThat(batch.told()).hasSize(1 + count + 1 + count);
                assertThat(batch.told().subList(count + 2, 2 * count + 2))
                        .allMatch(result -> result.matches(REPORT))
                        .doesNotHaveDuplicates();
                String group = created.substring(created.lastIndexOf('/') + 1);
                assertThat(receivers.get(i).next()).isEqualTo("group.finished " + group);
                assertThat(relay.known()).anyMatch(reader -> reader.startsWith("GET /groups/" + group));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyClientSucceedsWithABatch(ClientLanguage language) throws Exception {
        succeedsWithABatch(language, gateway.url());
    }

    @Test
    void everyClientGoesOnWhereItWasAfterAKill() throws Exception {
        String path = "/async-operation/killed";
        List<ClientRun> clients = new ArrayList<>();
        for (ClientLanguage language : ClientLanguage.values()) {
            clients.add(client(language, gateway.url(), path));
        }
        for (ClientRun run : clients) {
            run.expect("accepted as .*", "1 accepted", "2 started");
        }
        backend.awaitCalls("/held" + path, clients.size());
        gateway.kill();
        gateway = gateway.again();
        backend.awaitCalls("/held" + path, clients.size());
        backend.release("/held" + path);
        for (ClientRun run : clients) {
            run.expect("3 requeued", "4 started", "5 succeeded", RESULT);
            run.ends();
        }
    }

    private void succeeds(ClientLanguage language, String url) throws Exception {
        String path = "/async-operation/" + language + url.hashCode();
        ClientRun run = client(language, url, path);
        run.expect("accepted as .*", "1 accepted", "2 started");
        backend.release("/held" + path);
        run.expect("3 succeeded", RESULT);
        run.ends();
    }

    private void succeedsWithABatch(ClientLanguage language, String url) throws Exception {
        String path = "/async-operation/batch-" + language + url.hashCode();
        ClientRun batch = client(language, url, path, "2");
        backend.release("/held" + path);
        batch.expect("created .*", "1 succeeded", "2 succeeded", "finished .*", REPORT, REPORT);
        batch.ends();
    }

    private ClientRun client(ClientLanguage language, String... arguments) throws IOException {
        ClientRun run = language.client(arguments);
        runs.add(run);
        return run;
    }
}
