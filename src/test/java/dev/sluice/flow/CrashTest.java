package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import reactor.core.publisher.Flux;

/**
 * Promise 1: a 202 that a client has seen survives {@code kill -9}; and with it promises 2, 3 and 4: one end, at least one
 * call (at most one where only one try is allowed), events without a gap. All jobs belong to one group, which counts them exactly.
 */
class CrashTest {

    @TempDir
    Path directory;

    private final Ledger ledger = new Ledger();
    private final Map<String, List<Client.Event>> eventsBeforeACrash = new HashMap<>();
    private String group = "";

    /** Reactor Netty warns of each broken connection, and here each kill breaks dozens. */
    @BeforeAll
    static void expectBrokenConnections() {
        LoggingSystem.get(CrashTest.class.getClassLoader())
                .setLogLevel("reactor.netty.http.client.HttpClientConnect", LogLevel.ERROR);
    }

    @Test
    @Timeout(180)
    void every202SurvivesKills() throws Exception {
        try (RecordingBackend backend = new RecordingBackend()) {
            List<String> settings = settings(backend.url());
            killWhileAccepting(settings);
            killWhileDispatching(settings, backend);
            killWhileStarting(settings);
            killWhileRetrying(settings, backend);
            killWhileUploading(settings);
            try (GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
                backend.release("/held");
                Client client = new Client(gateway.url());
                repeatWhatWasNotAnswered(client);
                account(client, backend);
                assertThat(backend.called("/upload"))
                        .as("a body that was cut short reached the backend")
                        .isFalse();
            }
        }
    }

    private void killWhileAccepting(List<String> settings) throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
            Client client = new Client(gateway.url());
            group = GroupAccount.open(client);
            ledger.into(group);
            CompletableFuture<Void> load = ledger.load(client, "accept", 50_000).toFuture();
            ledger.awaitAccepted(400);
            for (Ledger.Accepted early : ledger.accepted.stream().limit(20).toList()) {
                eventsBeforeACrash.put(early.job(), client.events(early.job()).block(Client.LIMIT));
            }
            gateway.kill();
            load.get(30, TimeUnit.SECONDS);
        }
        assertThat(ledger.unanswered).as("killed under load").isNotEmpty();
    }

    private void killWhileDispatching(List<String> settings, RecordingBackend backend) throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
            Client client = new Client(gateway.url());
            for (int n = 0; n < 12; n++) {
                ledger.send(client, new Ledger.Post("/held", null, "{\"held\":" + n + "}"))
                        .block(Client.LIMIT);
            }
            CompletableFuture<Void> load =
                    ledger.load(client, "dispatch", 50_000).toFuture();
            backend.awaitCalls("/held", 8);
            backend.awaitCalls("/once", 20);
            ledger.awaitAccepted(200);
            gateway.kill();
            load.get(30, TimeUnit.SECONDS);
        }
    }

    /** Twice: as soon as the journal's directory is touched, and later, when recovery has written something. */
    private void killWhileStarting(List<String> settings) throws Exception {
        for (int changes : new int[] {1, 6}) {
            try (WatchService watch = directory.getFileSystem().newWatchService()) {
                WatchKey key = directory
                        .resolve("data")
                        .register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
                try (GatewayProcess gateway = GatewayProcess.launch(directory, settings)) {
                    int seen = 0;
                    while (seen < changes) {
                        assertThat(watch.poll(30, TimeUnit.SECONDS))
                                .as(() -> "the gateway opens its journal:\n" + gateway.log())
                                .isNotNull();
                        seen += key.pollEvents().size();
                        key.reset();
                    }
                    gateway.kill();
                }
            }
        }
    }

    private void killWhileRetrying(List<String> settings, RecordingBackend backend) throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
            Client client = new Client(gateway.url());
            backend.awaitCalls("/flaky", 100);
            CompletableFuture<Void> load = ledger.load(client, "retry", 50_000).toFuture();
            backend.awaitCalls("/flaky", 50);
            ledger.awaitAccepted(200);
            gateway.kill();
            load.get(30, TimeUnit.SECONDS);
        }
    }

    private void killWhileUploading(List<String> settings) throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
            Semaphore sent = new Semaphore(0);
            byte[] piece = new byte[64 * 1024];
            CompletableFuture<Integer> upload = new Client(gateway.url())
                    .http()
                    .headers(headers -> headers.set("Content-Length", piece.length * 1_000L))
                    .post()
                    .uri("/upload")
                    .send(Flux.range(0, 1_000)
                            .map(n -> {
                                sent.release();
                                return Unpooled.wrappedBuffer(piece);
                            })
                            .limitRate(1))
                    .response()
                    .map(answer -> answer.status().code())
                    .onErrorReturn(Client::connectionLost, 0)
                    .toFuture();
            assertThat(sent.tryAcquire(300, 30, TimeUnit.SECONDS)).isTrue();
            gateway.kill();
            assertThat(upload.get(30, TimeUnit.SECONDS))
                    .as("status of a half upload")
                    .isZero();
        }
    }

    /** Under a key a client may repeat what it got no answer to: still one job. */
    private void repeatWhatWasNotAnswered(Client client) {
        List<Ledger.Post> again =
                ledger.unanswered.stream().filter(post -> post.key() != null).toList();
        Flux.fromIterable(again)
                .flatMap(post -> ledger.send(client, post), 16)
                .then()
                .block(Client.LIMIT);
    }

    private void account(Client client, RecordingBackend backend) {
        Accounts accounts = new Accounts(ledger, backend, false);
        eventsBeforeACrash.forEach(accounts::told);
        assertThat(ledger.unexpected).isEmpty();
        assertThat(accounts.complaints(List.of(client))).isEmpty();
        assertThat(GroupAccount.complaints(client, group, ledger)).isEmpty();
        assertThat(ledger.accepted).hasSizeGreaterThan(800);
        assertThat(eventsBeforeACrash).hasSize(20);
    }

    private static List<String> settings(String backend) {
        List<String> settings = new ArrayList<>();
        for (String route : List.of("steady", "flaky", "once", "held", "upload")) {
            settings.add("--sluice.routes." + route + ".path=/" + route);
            settings.add("--sluice.routes." + route + ".backend=" + backend);
            settings.add("--sluice.routes." + route + ".backoff=20ms");
            settings.add("--sluice.routes." + route + ".max-backoff=200ms");
            settings.add("--sluice.routes." + route + ".attempts=" + (route.equals("once") ? 1 : 20));
        }
        settings.add("--sluice.routes.upload.max-request=100MB");
        settings.add("--sluice.routes.flaky.breaker=false");
        return settings;
    }
}
