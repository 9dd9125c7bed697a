package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.postgres.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

/** What holds when several nodes share one PostgreSQL: every promise, whichever node is asked and whichever dies. */
@Timeout(180)
class ClusterTest {

    private static final Duration LEASE = Duration.ofSeconds(3);
    private static final List<String> FINISHED_AFTER_A_LOSS =
            List.of("accepted", "started", "requeued", "started", "succeeded");

    @TempDir
    static Path directory;

    private static PostgresServer.Database database;
    private static RecordingBackend backend;
    private static Cluster cluster;

    private List<Cluster.Node> nodes;

    @BeforeAll
    static void open() throws Exception {
        // Reactor Netty warns of each broken connection, and here each kill breaks dozens.
        LoggingSystem.get(ClusterTest.class.getClassLoader())
                .setLogLevel("reactor.netty.http.client.HttpClientConnect", LogLevel.ERROR);
        database = PostgresServer.shared().newDatabase();
        backend = new RecordingBackend();
        cluster = new Cluster(directory, settings());
    }

    @AfterAll
    static void close() throws Exception {
        if (cluster != null) {
            cluster.close();
            backend.close();
            PostgresServer.shared().drop(database);
        }
    }

    @BeforeEach
    void threeNodes() throws Exception {
        nodes = cluster.complete(3);
    }

    @Test
    void every202SurvivesNodesThatDieAndNodesThatStandStill() throws Exception {
        long seed = Long.getLong("sluice.cluster.seed", System.nanoTime());
        System.out.println("ClusterTest: -Dsluice.cluster.seed=" + seed);
        Random random = new Random(seed);
        Ledger ledger = new Ledger();
        Crowd crowd = new Crowd(ledger);
        nodes.forEach(node -> crowd.join(node.client()));
        List<Blow> blows =
                new ArrayList<>(List.of(Blow.KILL, Blow.PAUSE, Blow.values()[random.nextInt(Blow.values().length)]));
        Collections.shuffle(blows, random);
        for (Blow blow : blows) {
            ledger.awaitAccepted(50 + random.nextInt(50));
            List<Cluster.Node> live = cluster.live();
            Cluster.Node victim = live.get(random.nextInt(live.size()));
            if (blow == Blow.PAUSE) {
                CompletableFuture<Void> resumed =
                        cluster.pauseFor(victim, LEASE.multipliedBy(3).dividedBy(2));
                resumed.get(30, TimeUnit.SECONDS);
            } else {
                cluster.kill(victim);
                cluster.complete(3).stream()
                        .filter(node -> !live.contains(node))
                        .forEach(node -> crowd.join(node.client()));
            }
        }
        ledger.awaitAccepted(50);
        crowd.stop();
        assertThat(ledger.unanswered).as("requests to nodes that were killed").isNotEmpty();
        crowd.repeatUnanswered(cluster.live().get(0).client());

        Accounts accounts = new Accounts(ledger, backend, true);
        assertThat(accounts.complaints(
                        cluster.live().stream().map(Cluster.Node::client).toList()))
                .as("seed %d", seed)
                .isEmpty();
        // Those whose 202 nobody got to see may still be under way.
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(accounts.complaintsOf(database)).isEmpty());
        assertThat(ledger.unexpected)
                .as("other answers than 202 are those of a node that stood still")
                .hasSizeLessThan(ledger.accepted.size() / 10)
                .allSatisfy(other -> {
                    assertThat(other.answer().status()).isEqualTo(503);
                    assertThat(other.answer().json().path("retryable").asBoolean())
                            .isTrue();
                });
        assertThat(ledger.accepted).hasSizeGreaterThan(150);
    }

    private enum Blow {
        KILL,
        PAUSE
    }

    @Test
    void readersFollowAJobThatAnotherNodeAcceptedAndYetAnotherRuns() throws Exception {
        Cluster.Node reading = nodes.get(0);
        Cluster.Node accepting = nodes.get(1);
        Cluster.Node running = nodes.get(2);
        String job = accept(accepting, "/held-read", "Sluice-Delay", "1s");
        StreamReader reader = new StreamReader(reading.client(), job, 0);
        reader.await(1);
        // Only one node is awake when the job becomes due.
        cluster.pause(reading);
        cluster.pause(accepting);
        backend.awaitCalls("/held-read", 1);
        cluster.resume(reading);
        cluster.resume(accepting);
        assertThat(cluster.caller(last(backend.callsOf(job)))).isEqualTo(running);
        reader.await(2);

        cluster.kill(running);

        backend.awaitCalls("/held-read", 1);
        reader.await(4);
        backend.release("/held-read");
        List<Client.Event> events = reader.atEnd();
        assertThat(events).extracting(Client.Event::name).isEqualTo(FINISHED_AFTER_A_LOSS);
        assertThat(events).extracting(Client.Event::id).containsExactly("1", "2", "3", "4", "5");
        assertThat(events.get(2).json().path("reason").asString()).isEqualTo("node-lost");
        assertThat(accepting.client().events(job).block(Client.LIMIT)).isEqualTo(events);
    }

    @Test
    void readersOfANodeThatLeavesGoOnAtAnother() throws Exception {
        Cluster.Node leaving = nodes.get(0);
        String job = accept(leaving, "/held-leave");
        backend.awaitCalls("/held-leave", 1);
        StreamReader reader = new StreamReader(leaving.client(), job, 0);
        reader.await(2);

        cluster.terminate(leaving);

        List<Client.Event> events = new ArrayList<>(reader.atEnd());
        assertThat(last(events).name()).isNotIn("succeeded", "failed", "cancelled");
        StreamReader again = new StreamReader(
                cluster.other(leaving).client(),
                job,
                Integer.parseInt(last(events).id()));
        leaving.gateway().awaitEnd();
        backend.release("/held-leave");
        events.addAll(again.atEnd());
        assertThat(last(events).name()).isEqualTo("succeeded");
        for (Cluster.Node node : cluster.live()) {
            assertThat(node.client().events(job).block(Client.LIMIT)).isEqualTo(events);
        }
    }

    @Test
    void cancellingAtOneNodeAbortsTheCallOfAnother() throws Exception {
        String job = accept(nodes.get(0), "/held-cancel");
        backend.awaitCalls("/held-cancel", 1);
        Cluster.Node running = cluster.caller(last(backend.callsOf(job)));

        Client.Answer cancelled = cluster.other(running)
                .client()
                .call("DELETE", "/jobs/" + job, "")
                .block(Client.LIMIT);

        assertThat(cancelled.status()).isEqualTo(200);
        backend.awaitAbandoned("/held-cancel", 1);
        for (Cluster.Node node : nodes) {
            assertThat(last(node.client().events(job).block(Client.LIMIT)).name())
                    .isEqualTo("cancelled");
            assertThat(node.client()
                            .get("/jobs/" + job + "/result")
                            .block(Client.LIMIT)
                            .status())
                    .isEqualTo(410);
        }
        assertThat(backend.callsOf(job)).hasSize(1);
    }

    @Test
    void aFullQueueCountsTheJobsOfAllNodes() throws Exception {
        List<String> jobs = new ArrayList<>();
        jobs.add(accept(nodes.get(0), "/held-full"));
        backend.awaitCalls("/held-full", 1);
        for (int n = 0; n < 4; n++) {
            jobs.add(accept(nodes.get(n % 3), "/held-full"));
            awaitDepth("held-full", n + 1);
        }
        for (Cluster.Node node : nodes) {
            Client.Answer refusal = node.client().post("/held-full", null, "{}").block(Client.LIMIT);
            assertThat(refusal.status()).isEqualTo(503);
            assertThat(refusal.json().path("type").asString()).isEqualTo("urn:sluice:problem:queue-full");
        }
        assertThat(backend.callsTo("/held-full"))
                .as("calls at once, of a route whose concurrency is that of all nodes together")
                .hasSize(1);
        backend.release("/held-full");
        for (String job : jobs) {
            assertThat(last(nodes.get(0).client().events(job).block(Client.LIMIT))
                            .name())
                    .isEqualTo("succeeded");
        }
        awaitDepth("held-full", 0);
        assertThat(nodes.get(1)
                        .client()
                        .post("/held-full", null, "{}")
                        .block(Client.LIMIT)
                        .status())
                .isEqualTo(202);
    }

    /** Waits until every node knows how many jobs of a route wait. */
    private void awaitDepth(String route, int depth) {
        for (Cluster.Node node : nodes) {
            await().atMost(Duration.ofSeconds(10))
                    .pollInterval(Duration.ofMillis(20))
                    .untilAsserted(() -> assertThat(depth(node, route))
                            .as("depth at %s", node)
                            .isEqualTo(depth));
        }
    }

    private static int depth(Cluster.Node node, String route) {
        for (JsonNode one :
                node.operator().get("/routes").block(Client.LIMIT).json().path("routes")) {
            if (one.path("id").asString().equals(route)) {
                return one.path("depth").asInt();
            }
        }
        throw new AssertionError("no route " + route);
    }

    @Test
    void whoWaitsAtOneNodeIsAnsweredWhenAnotherFinishes() throws Exception {
        String job = accept(nodes.get(0), "/held-wait", "Idempotency-Key", "waited-for");
        backend.awaitCalls("/held-wait", 1);
        Cluster.Node running = cluster.caller(last(backend.callsOf(job)));
        Client elsewhere = cluster.other(running).client();
        CompletableFuture<Client.Answer> status =
                elsewhere.get("/jobs/" + job, "Prefer", "wait=50").toFuture();
        CompletableFuture<Client.Answer> result =
                elsewhere.get("/jobs/" + job + "/result", "Prefer", "wait=50").toFuture();
        CompletableFuture<Client.Answer> again = elsewhere
                .call("POST", "/held-wait", "{}", "Idempotency-Key", "waited-for", "Prefer", "wait=50")
                .toFuture();
        awaitWaiting(cluster.other(running), 3);

        backend.release("/held-wait");

        Duration soon = Duration.ofSeconds(20);
        assertThat(status).succeedsWithin(soon);
        assertThat(status.join().json().path("state").asString()).isEqualTo("succeeded");
        assertThat(result).succeedsWithin(soon);
        assertThat(result.join().body()).isEqualTo("{}");
        assertThat(again).succeedsWithin(soon);
        assertThat(again.join().status()).isEqualTo(200);
        assertThat(again.join().headers().get("Idempotency-Replayed")).isEqualTo("true");
        assertThat(again.join().body()).isEqualTo("{}");
        assertThat(backend.callsOf(job)).hasSize(1);
    }

    /** Waits until so many requests wait at a node for a job to change. */
    private static void awaitWaiting(Cluster.Node node, int count) {
        await().atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(node.operator()
                                .get("/actuator/prometheus")
                                .block(Client.LIMIT)
                                .body())
                        .containsPattern("(?m)^sluice_events_waiting(\\{.*})? " + count + "\\.0$"));
    }

    @Test
    void ofEqualRequestsThatRaceAtAllNodesOneBecomesTheJob() {
        int keys = 20;
        List<Client.Answer> answers = Flux.range(0, keys * nodes.size())
                .flatMap(
                        n -> nodes.get(n % nodes.size())
                                .client()
                                .post("/keyed", "raced-" + n / nodes.size(), "{\"key\":" + n / nodes.size() + "}"),
                        keys * nodes.size())
                .collectList()
                .block(Client.LIMIT);
        Set<String> jobs = new HashSet<>();
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).isEqualTo(202);
            jobs.add(answer.json().path("id").asString());
        });
        assertThat(jobs).hasSize(keys);
        assertThat(answers)
                .filteredOn(answer -> answer.headers().contains("Idempotency-Replayed"))
                .hasSize(keys * (nodes.size() - 1));
        for (String job : jobs) {
            assertThat(last(nodes.get(0).client().events(job).block(Client.LIMIT))
                            .name())
                    .isEqualTo("succeeded");
            assertThat(backend.callsOf(job)).hasSize(1);
        }
        for (Cluster.Node node : nodes) {
            assertThat(node.client()
                            .post("/keyed", "raced-0", "{\"key\":\"another request\"}")
                            .block(Client.LIMIT)
                            .status())
                    .isEqualTo(422);
        }
    }

    private static String accept(Cluster.Node node, String path, String... fields) {
        Client.Answer answer = node.client().call("POST", path, "{}", fields).block(Client.LIMIT);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("id").asString();
    }

    private static <T> T last(List<T> list) {
        return list.get(list.size() - 1);
    }

    private static List<String> settings() {
        List<String> settings = new ArrayList<>(database.settings());
        for (String route : List.of(
                "steady",
                "flaky",
                "once",
                "after-800",
                "keyed",
                "held-read",
                "held-leave",
                "held-cancel",
                "held-full",
                "held-wait")) {
            settings.add("--sluice.routes." + route + ".path=/" + route);
            settings.add("--sluice.routes." + route + ".backend=" + backend.url());
            settings.add("--sluice.routes." + route + ".backoff=20ms");
            settings.add("--sluice.routes." + route + ".max-backoff=200ms");
            settings.add("--sluice.routes." + route + ".attempts=" + (route.equals("once") ? 1 : 20));
        }
        settings.add("--sluice.routes.held-full.concurrency.cluster=1");
        settings.add("--sluice.routes.held-full.queue=4");
        settings.add("--sluice.routes.flaky.breaker=false");
        settings.add("--sluice.queue.lease=" + LEASE.toMillis() + "ms");
        settings.add("--sluice.dispatch.shutdown-grace=1s");
        return settings;
    }
}
