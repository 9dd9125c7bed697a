package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.Mount;
import dev.sluice.ingress.Listeners;
import dev.sluice.journal.postgres.CuttingProxy;
import dev.sluice.journal.postgres.PostgresServer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Promise 5: an answer that arrives while the journal cannot write is the result all the same, and its backend is not
 * called again, also where it may be called only once.
 */
@Timeout(120)
class JournalAwayTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @Test
    void whileTheDatabaseIsAway() throws Exception {
        PostgresServer server = PostgresServer.shared();
        PostgresServer.Database database = server.newDatabase();
        try (RecordingBackend backend = new RecordingBackend();
                CuttingProxy proxy = new CuttingProxy(database.port());
                Listeners gateway = Listeners.dispatching(database(database.at(proxy.port()), backend))) {
            Client client = new Client("http://127.0.0.1:" + gateway.port());
            String once = accept(client, "/held-once");
            String often = accept(client, "/held-often");
            backend.awaitCalls("/held-once", 1);
            backend.awaitCalls("/held-often", 1);

            proxy.leadTo(1);
            proxy.cut();
            backend.release("/held-once");
            backend.release("/held-often");
            await().atMost(LIMIT).until(() -> repeated(gateway) >= 4);

            proxy.leadTo(database.port());
            hasItsAnswer(client, backend, once);
            hasItsAnswer(client, backend, often);
        }
        server.drop(database);
    }

    @Test
    void whileTheDiskIsFull() throws Exception {
        try (Mount mount = Mount.of(directory.resolve("mount"), "64m")) {
            Path filler = mount.path().resolve("filler");
            try (RecordingBackend backend = new RecordingBackend();
                    Listeners gateway =
                            Listeners.dispatching(onDisk(mount.path().resolve("data"), backend))) {
                Client client = new Client("http://127.0.0.1:" + gateway.port());
                String once = accept(client, "/held-once");
                String often = accept(client, "/held-often");
                backend.awaitCalls("/held-once", 1);
                backend.awaitCalls("/held-often", 1);

                fill(filler);
                String much = "\"" + "x".repeat(30_000) + "\"";
                while (client.post("/once", null, much).block(LIMIT).status() != 503) {
                    assertThat(backend.callsTo("/once").size()).isLessThan(10_000);
                }
                backend.release("/held-once");
                backend.release("/held-often");
                await().atMost(LIMIT).until(() -> {
                    fill(filler); // also what the journal has given back meanwhile
                    return repeated(gateway) >= 4 || (hasEnded(client, once) && hasEnded(client, often));
                });

                Files.delete(filler);
                hasItsAnswer(client, backend, once);
                hasItsAnswer(client, backend, often);
            }
        }
    }

    private static double repeated(Listeners gateway) {
        try {
            return gateway.count("sluice.queue.journal.errors", "verb", "finish");
        } catch (NullPointerException e) {
            return 0; // none yet
        }
    }

    private static void hasItsAnswer(Client client, RecordingBackend backend, String job) {
        await().atMost(LIMIT).ignoreExceptions().until(() -> hasEnded(client, job));
        assertThat(client.get("/jobs/" + job + "/result").block(LIMIT).body()).isEqualTo("{\"a\":1}");
        assertThat(client.events(job).block(LIMIT))
                .extracting(Client.Event::name)
                .containsExactly("accepted", "started", "succeeded");
        assertThat(backend.callsOf(job)).hasSize(1);
    }

    /** An end may also find room in what was kept for it. */
    private static boolean hasEnded(Client client, String job) {
        return state(client, job).equals("succeeded");
    }

    private static String state(Client client, String job) {
        JsonNode status = client.get("/jobs/" + job).block(LIMIT).json();
        return status.path("state").asString();
    }

    private static String accept(Client client, String path) {
        Client.Answer answer = client.post(path, null, "{\"a\":1}").block(LIMIT);
        assertThat(answer.status()).isEqualTo(202);
        return answer.json().path("id").asString();
    }

    /** Until nothing more goes in. */
    private static void fill(Path filler) throws IOException {
        byte[] block = new byte[64 * 1024];
        try (OutputStream out = Files.newOutputStream(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static String[] database(PostgresServer.Database database, RecordingBackend backend) {
        List<String> settings = routes(backend);
        database.settings().forEach(setting -> settings.add(setting.substring("--".length())));
        settings.add("sluice.journal.postgres.timeout=2s");
        return settings.toArray(String[]::new);
    }

    private static String[] onDisk(Path path, RecordingBackend backend) {
        List<String> settings = routes(backend);
        settings.add("sluice.journal.type=rocksdb");
        settings.add("sluice.journal.path=" + path);
        return settings.toArray(String[]::new);
    }

    private static List<String> routes(RecordingBackend backend) {
        return new ArrayList<>(List.of(
                "sluice.routes.once.path=/{path:held-once|once}",
                "sluice.routes.once.backend=" + backend.url(),
                "sluice.routes.once.attempts=1",
                "sluice.routes.often.path=/held-often",
                "sluice.routes.often.backend=" + backend.url()));
    }
}
