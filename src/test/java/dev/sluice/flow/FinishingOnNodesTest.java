package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.postgres.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/**
 * Sections 8, 9 and 11 where two nodes share one PostgreSQL: whatever a job or a group waits for, either of them goes on with it,
 * and tells the same of it.
 */
@Timeout(180)
class FinishingOnNodesTest {

    private static final String OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String NEW = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD0Tn3JHr4HcE=";
    private static final Duration LEASE = Duration.ofSeconds(3);

    @TempDir
    static Path directory;

    private static PostgresServer.Database database;
    private static RecordingBackend backend;
    private static TakingOverBackend taking;
    private static WebhookReceiver receiver;
    private static Cluster cluster;

    private Cluster.Node a;
    private Cluster.Node b;

    @BeforeAll
    static void open() throws Exception {
        LoggingSystem.get(FinishingOnNodesTest.class.getClassLoader())
                .setLogLevel("reactor.netty.http.client.HttpClientConnect", LogLevel.ERROR);
        database = PostgresServer.shared().newDatabase();
        backend = new RecordingBackend();
        taking = new TakingOverBackend();
        receiver = new WebhookReceiver(OLD);
        cluster = new Cluster(directory, settings());
    }

    @AfterAll
    static void close() throws Exception {
        if (cluster != null) {
            cluster.close();
            backend.close();
            taking.close();
            receiver.close();
            PostgresServer.shared().drop(database);
        }
    }

    @BeforeEach
    void twoNodes() throws Exception {
        List<Cluster.Node> nodes = cluster.complete(2);
        a = nodes.get(0);
        b = nodes.get(1);
    }

    @Test
    void aGroupIsTheSameOnBothNodes() throws Exception {
        String group = group(a, receiver.url("/groups"));
        StreamReader atA = StreamReader.ofGroup(a.client(), group, "");
        StreamReader atB = StreamReader.ofGroup(b.client(), group, "");
        List<String> jobs = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            String path = List.of("/steady", "/after-50", "/failing").get(i % 3);
            jobs.add(accept(
                    i % 2 == 0 ? a : b, path, "Sluice-Group", group, "Sluice-Callback", receiver.url("/members")));
        }
        jobs.add(accept(a, "/held-last", "Sluice-Group", group));
        backend.awaitCalls("/held-last", 1);
        atB.await(20);
        List<Client.Event> events = new ArrayList<>(atB.cut());
        StreamReader again = StreamReader.ofGroup(
                a.client(), group, events.get(events.size() - 1).id());
        Cluster.Node waiting =
                cluster.other(cluster.caller(backend.callsTo("/held-last").get(0)));
        Client.Answer closed = call(waiting, "POST", "/groups/" + group + "/close");
        assertThat(closed.json().path("state").asString()).isEqualTo("closed");
        for (Cluster.Node node : List.of(a, b)) {
            assertThat(call(node, "POST", "/steady", "Sluice-Group", group).status())
                    .isEqualTo(409);
        }
        CompletableFuture<Client.Answer> end =
                waiting.client().get("/groups/" + group, "Prefer", "wait=50").toFuture();
        await().atMost(Client.LIMIT).until(() -> waits(waiting));

        backend.release("/held-last");

        JsonNode finished = end.get(30, TimeUnit.SECONDS).json();
        assertThat(finished.path("state").asString()).isEqualTo("finished");
        assertThat(finished.path("jobs").toString())
                .isEqualTo("{\"total\":31,\"queued\":0,\"running\":0,\"succeeded\":21,\"failed\":10,\"cancelled\":0}");
        events.addAll(again.atEnd());
        assertThat(atA.atEnd()).isEqualTo(events);
        assertThat(events)
                .extracting(Client.Event::id)
                .isEqualTo(IntStream.rangeClosed(1, events.size())
                        .mapToObj(Integer::toString)
                        .toList());
        assertThat(members(a, group)).containsExactlyInAnyOrderElementsOf(jobs).isEqualTo(members(b, group));
        assertThat(receiver.first(group).json().path("data").path("jobs")).isEqualTo(finished.path("jobs"));
        awaitDelivered();
        for (String told : jobs.subList(0, 30)) {
            assertThat(receiver.of(told)).hasSize(1);
        }
        assertThat(receiver.of(group)).hasSize(1);
        assertThat(receiver.forged()).isEmpty();
    }

    @Test
    void aGroupIsCancelledAndErasedWhicheverNodeIsAsked() throws Exception {
        String group = group(a, receiver.url("/groups"));
        String[] join = {"Sluice-Group", group, "Sluice-Callback", receiver.url("/cancelled")};
        List<String> jobs = new ArrayList<>();
        for (Cluster.Node node : List.of(a, b)) {
            jobs.add(accept(node, "/held-cancel", join));
            jobs.add(accept(node, "/polled", join));
            jobs.add(accept(node, "/later", join));
        }
        backend.awaitCalls("/held-cancel", 2);
        for (String polled : List.of(jobs.get(1), jobs.get(4))) {
            taking.awaitPolls(polled, 1);
        }
        for (String later : List.of(jobs.get(2), jobs.get(5))) {
            taking.completion(later, 1);
        }
        assertThat(status(b, "/groups/" + group).path("jobs").path("running").asInt())
                .isEqualTo(6);

        Client.Answer cancelled = call(b, "DELETE", "/groups/" + group);

        assertThat(cancelled.status()).isEqualTo(200);
        backend.awaitAbandoned("/held-cancel", 2);
        taking.awaitDelete(jobs.get(1));
        taking.awaitDelete(jobs.get(4));
        JsonNode shown = status(a, "/groups/" + group);
        assertThat(shown.path("state").asString()).isEqualTo("finished");
        assertThat(shown.path("jobs").path("cancelled").asInt()).isEqualTo(6);
        for (String job : jobs) {
            assertThat(receiver.first(job).type()).isEqualTo("job.cancelled");
        }
        assertThat(receiver.first(group).type()).isEqualTo("group.finished");
        assertThat(call(a, "DELETE", "/groups/" + group + "?erase=true").status())
                .isEqualTo(204);
        for (String gone : List.of("/groups/" + group, "/groups/" + group + "/events", "/jobs/" + jobs.get(0))) {
            assertThat(call(b, "GET", gone).status()).as(gone).isEqualTo(410);
        }
    }

    @Test
    void anAnswerThatIsSentLaterIsTakenByEitherNodeOnce() {
        String job = accept(a, "/later");
        String first = taking.completion(job, 1);
        assertThat(complete(b, first.replace("token=", "token=x"), 200)).isEqualTo(403);
        assertThat(complete(b, first, 500)).isEqualTo(204); // a retry follows
        String second = taking.completion(job, 2);
        for (Cluster.Node node : List.of(a, b)) {
            assertThat(complete(node, first, 200)).as("for a try that is over").isEqualTo(409);
        }
        assertThat(complete(b, second, 201)).isEqualTo(204);
        for (Cluster.Node node : List.of(a, b)) {
            assertThat(complete(node, second, 200)).as("a second one").isEqualTo(409);
            assertThat(node.client().events(job).block(Client.LIMIT))
                    .extracting(Client.Event::name)
                    .containsExactly("accepted", "started", "requeued", "started", "succeeded");
            Client.Answer result = call(node, "GET", "/jobs/" + job + "/result");
            assertThat(result.status()).isEqualTo(201);
            assertThat(result.body()).isEqualTo("made");
        }
        assertThat(taking.calls("POST", job)).hasSize(2);
    }

    /** One dies that has accepted, called, polled and delivered; the other one goes on with all of it, and so does a new one. */
    @Test
    void whatADeadNodeHadBegunIsGoneOnWith() throws Exception {
        String callback = receiver.url("/crash");
        cluster.pause(b); // so that the other one does everything
        String polled = accept(a, "/once/polled", "Sluice-Callback", callback);
        String dropped = accept(a, "/polled", "Sluice-Callback", callback);
        String later = accept(a, "/once/later", "Sluice-Callback", callback);
        String unfinished = accept(a, "/held-crash", "Sluice-Callback", callback);
        String delivering = accept(a, "/steady", "Sluice-Callback", receiver.url("/late"));
        receiver.first(delivering);
        taking.awaitPolls(polled, 2);
        taking.awaitPolls(dropped, 1);
        backend.awaitCalls("/held-crash", 1);
        String completion = taking.completion(later, 1);
        List<String> ending = Flux.range(0, 60)
                .flatMap(i -> a.client().call("POST", "/after-50", "{}", "Sluice-Callback", callback), 16)
                .map(answer -> answer.json().path("id").asString())
                .collectList()
                .block(Client.LIMIT);
        assertThat(receiver.of(unfinished)).isEmpty();

        cluster.kill(a);
        cluster.resume(b);

        int polls = taking.calls("GET", polled).size();
        assertThat(call(b, "DELETE", "/jobs/" + dropped).status()).isEqualTo(200);
        taking.awaitDelete(dropped);
        taking.awaitPolls(polled, polls + 1);
        cluster.change("--sluice.callbacks.secrets=" + NEW + "," + OLD);
        Cluster.Node c = cluster.other(b, cluster.complete(2).get(0));
        assertThat(complete(c, completion, 201)).isEqualTo(204);
        taking.done(polled);
        for (String once : List.of(polled, later)) {
            assertThat(c.client().events(once).block(Client.LIMIT))
                    .extracting(Client.Event::name)
                    .containsExactly("accepted", "started", "succeeded");
            assertThat(status(b, "/jobs/" + once).has("tries")).isFalse();
            assertThat(taking.calls("POST", once)).hasSize(1);
        }
        List<String> told = new ArrayList<>(ending);
        told.addAll(List.of(polled, dropped, later));
        await().atMost(Client.LIMIT).until(() -> toldAt("/crash").containsAll(told));
        awaitDelivered();
        assertThat(toldAt("/crash")).containsExactlyInAnyOrderElementsOf(told).doesNotContain(unfinished);
        assertThat(receiver.of(delivering))
                .hasSize(2)
                .extracting(WebhookReceiver.Message::id)
                .containsOnly("msg_" + delivering);
        backend.release("/held-crash");
        assertThat(receiver.first(unfinished).type()).isEqualTo("job.succeeded");
        assertThat(receiver.forged()).isEmpty();
    }

    private static Set<String> toldAt(String path) {
        return receiver.messages().stream()
                .filter(message -> message.path().equals(path))
                .map(WebhookReceiver.Message::job)
                .collect(Collectors.toSet());
    }

    /** Waits until no delivery waits or runs. */
    private void awaitDelivered() {
        Cluster.Node any = cluster.live().get(0);
        await().atMost(Client.LIMIT)
                .until(() -> List.of("queued", "running").stream()
                        .allMatch(state -> any.operator()
                                .get("/jobs?route=callbacks&state=" + state)
                                .block(Client.LIMIT)
                                .json()
                                .path("jobs")
                                .isEmpty()));
    }

    private static boolean waits(Cluster.Node node) {
        return node.operator()
                .get("/actuator/prometheus")
                .block(Client.LIMIT)
                .body()
                .lines()
                .anyMatch(line -> line.startsWith("sluice_events_waiting") && !line.endsWith(" 0.0"));
    }

    private static String group(Cluster.Node node, String callback) {
        Client.Answer created = call(node, "POST", "/groups", "Sluice-Callback", callback);
        assertThat(created.status()).as(created.body()).isEqualTo(201);
        return created.json().path("id").asString();
    }

    private static String accept(Cluster.Node node, String path, String... fields) {
        Client.Answer answer = call(node, "POST", path, fields);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("id").asString();
    }

    private static Client.Answer call(Cluster.Node node, String method, String path, String... fields) {
        return node.client().call(method, path, "", fields).block(Client.LIMIT);
    }

    private static JsonNode status(Cluster.Node node, String path) {
        return call(node, "GET", path).json();
    }

    private static List<String> members(Cluster.Node node, String group) {
        return status(node, "/groups/" + group + "/jobs?limit=100")
                .path("jobs")
                .valueStream()
                .map(job -> job.path("id").asString())
                .toList();
    }

    /** Sends an answer to a node, at a URL that may name another one. */
    private static int complete(Cluster.Node node, String url, int status) {
        String target = url.substring(url.indexOf("/jobs/"));
        return node.client()
                .call("POST", target, "made", "Sluice-Status", Integer.toString(status))
                .block(Client.LIMIT)
                .status();
    }

    private static List<String> settings() {
        List<String> settings = new ArrayList<>(database.settings());
        settings.addAll(List.of(
                "--sluice.queue.lease=" + LEASE.toMillis() + "ms",
                "--sluice.callbacks.allowed-hosts=localhost:*",
                "--sluice.callbacks.allow-private-addresses=true",
                "--sluice.callbacks.secrets=" + OLD,
                "--sluice.routes.work.path=/{kind:steady|after-50|held-last|held-cancel|held-crash}",
                "--sluice.routes.work.backend=" + backend.url(),
                "--sluice.routes.failing.path=/failing",
                "--sluice.routes.failing.backend=" + backend.url(),
                "--sluice.routes.failing.attempts=1",
                "--sluice.routes.failing.breaker=false"));
        for (String route : List.of("polled", "later", "once")) {
            settings.addAll(List.of(
                    "--sluice.routes." + route + ".path=/" + (route.equals("once") ? "once/**" : route),
                    "--sluice.routes." + route + ".backend=" + taking.url(),
                    "--sluice.routes." + route + ".follow=true",
                    "--sluice.routes." + route + ".follow-cancel=true",
                    "--sluice.routes." + route + ".backoff=20ms",
                    "--sluice.routes." + route + ".max-backoff=50ms",
                    "--sluice.routes." + route + ".attempts=" + (route.equals("once") ? 1 : 3)));
        }
        return settings;
    }
}
