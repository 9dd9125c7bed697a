package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import tools.jackson.databind.JsonNode;

/**
 * Promise 1: a 202 that a client has seen survives {@code kill -9}; and with it promises 2, 3 and 4: one end, at least one
 * call (at most one where only one try is allowed), events without a gap.
 */
class CrashTest {

    private static final Set<String> FINAL = Set.of("succeeded", "failed", "cancelled");

    private static final Duration END_LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final Ledger ledger = new Ledger();
    private final Map<String, List<Client.Event>> eventsBeforeACrash = new HashMap<>();

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
        List<String> complaints = new ArrayList<>(ledger.unexpected);
        Flux.fromIterable(ledger.accepted)
                .flatMap(accepted -> complaints(client, backend, accepted), 32)
                .doOnNext(complaints::add)
                .then()
                .block(Duration.ofSeconds(90));
        backend.jobsByKey().forEach((key, jobs) -> {
            if (jobs.size() > 1) {
                complaints.add("key " + key + " led to the jobs " + jobs);
            }
        });
        assertThat(complaints).isEmpty();
        Set<String> jobs = new HashSet<>();
        ledger.accepted.forEach(accepted -> jobs.add(accepted.job()));
        assertThat(jobs.size())
                .as("jobs, each with a 202 of its own")
                .isEqualTo(ledger.accepted.size())
                .isGreaterThan(800);
        assertThat(eventsBeforeACrash).hasSize(20);
    }

    /** What is wrong with one accepted job. */
    private Flux<String> complaints(Client client, RecordingBackend backend, Ledger.Accepted accepted) {
        String id = accepted.job();
        return client.events(id)
                .zipWhen(events -> client.get("/jobs/" + id).zipWith(client.get("/jobs/" + id + "/result")))
                .flatMapIterable(all -> {
                    List<Client.Event> events = all.getT1();
                    JsonNode job = all.getT2().getT1().json();
                    Client.Answer result = all.getT2().getT2();
                    List<String> wrong = new ArrayList<>();
                    checkEvents(id, events, job, wrong);
                    checkCalls(accepted, backend.callsOf(id), job, wrong);
                    if (job.path("state").asString().equals("succeeded")
                            && !(result.status() == 200
                                    && result.body().equals(accepted.post().body()))) {
                        wrong.add("the result is not what the backend answered: " + result);
                    }
                    return wrong.stream()
                            .map(what -> accepted + ": " + what + "; " + job + " " + events)
                            .toList();
                })
                .timeout(END_LIMIT)
                .onErrorResume(error -> Flux.just(accepted + ": has no end, or cannot be read: " + error));
    }

    private void checkEvents(String id, List<Client.Event> events, JsonNode job, List<String> wrong) {
        for (int n = 0; n < events.size(); n++) {
            Client.Event event = events.get(n);
            if (!event.id().equals(Integer.toString(n + 1))
                    || event.json().path("seq").asInt() != n + 1) {
                wrong.add("event " + (n + 1) + " has another number: " + event);
            }
            if (FINAL.contains(event.name()) != (n == events.size() - 1)) {
                wrong.add("a final event in the middle, or none at the end");
            }
        }
        String state = job.path("state").asString();
        if (events.isEmpty() || !events.get(events.size() - 1).name().equals(state)) {
            wrong.add("the last event does not say that it has " + state);
        }
        List<Client.Event> before = eventsBeforeACrash.get(id);
        if (before != null && !before.equals(events)) {
            wrong.add("before the crash its events were " + before);
        }
    }

    private static void checkCalls(
            Ledger.Accepted accepted, List<RecordingBackend.Call> calls, JsonNode job, List<String> wrong) {
        boolean once = accepted.post().path().equals("/once");
        String state = job.path("state").asString();
        String failure = job.path("failure").path("type").asString();
        boolean unknown = once && state.equals("failed") && failure.endsWith(":outcome-unknown");
        if (!state.equals("succeeded") && !unknown) {
            wrong.add("it should have succeeded");
        }
        if (calls.isEmpty() && !unknown) {
            wrong.add("the backend was never called");
        }
        if (once && calls.size() > 1) {
            wrong.add("has one try and was called more than once: " + calls);
        }
        String key =
                accepted.post().key() == null ? accepted.job() : accepted.post().key();
        int attempt = 0;
        for (RecordingBackend.Call call : calls) {
            if (!call.key().replace("\"", "").equals(key)
                    || !call.body().equals(accepted.post().body())) {
                wrong.add("not the key or body it came with: " + call);
            }
            if (call.attempt() <= attempt) {
                wrong.add("attempts do not count up: " + calls);
            }
            attempt = call.attempt();
        }
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
        return settings;
    }
}
