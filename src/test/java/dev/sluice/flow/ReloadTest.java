package dev.sluice.flow;

import static dev.sluice.queue.QueueRig.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/**
 * Routes are read again without a restart: all of them or none; no connection is cut and no job lost (config.md, last
 * paragraph).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReloadTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Longest time until a change is noticed. */
    private static final Duration NOTICED = Duration.ofSeconds(2);

    private Path directory;
    private Path elsewhere;
    private final List<DisposableServer> servers = new ArrayList<>();
    private final DisposableServer one = backend("one");
    private final DisposableServer two = backend("two");
    private final Map<String, Double> before = new HashMap<>();
    private Listeners gateway;
    private Client client;
    private Client management;

    /** Answers with its name, and to {@code /held} when the test says so. */
    private volatile Sinks.Empty<Void> released = Sinks.empty();

    private final AtomicInteger active = new AtomicInteger();
    private final AtomicInteger mostActive = new AtomicInteger();

    private DisposableServer backend(String name) {
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> {
                    if (!request.uri().startsWith("/held")) {
                        return request.receive()
                                .then()
                                .then(response.sendString(Mono.just(name)).then());
                    }
                    mostActive.accumulateAndGet(active.incrementAndGet(), Math::max);
                    return request.receive()
                            .then(Mono.defer(() -> released.asMono()))
                            .doFinally(signal -> active.decrementAndGet())
                            .then(response.sendString(Mono.just(name)).then());
                })
                .bindNow();
        servers.add(server);
        return server;
    }

    private static String url(DisposableServer server) {
        return "http://127.0.0.1:" + server.port();
    }

    private static String route(String id, DisposableServer backend, String... settings) {
        StringBuilder text = new StringBuilder("    " + id + ":\n      path: /" + id + "/**\n      strip-prefix: 1\n"
                + "      backend: " + url(backend) + "\n");
        Stream.of(settings)
                .forEach(setting -> text.append("      ").append(setting).append("\n"));
        return text.toString();
    }

    private static String file(String... routes) {
        return "sluice:\n  routes:\n" + String.join("", routes);
    }

    private Path path() {
        return directory.resolve("application.yaml");
    }

    private void write(String text) throws IOException {
        Files.writeString(path(), text);
    }

    /** Replaces the file at once. */
    private void replace(String text) {
        try {
            Path next = directory.resolve("next");
            Files.writeString(next, text);
            Files.move(next, path(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeAll
    void start(@TempDir Path temporary) throws IOException {
        directory = Files.createDirectory(temporary.resolve("here"));
        elsewhere = temporary.resolve("elsewhere");
        write(usual());
        open(directory);
    }

    private void open(Path at, String... settings) {
        String[] all = Stream.concat(
                        Stream.of("spring.config.additional-location=file:" + at + "/"), Stream.of(settings))
                .toArray(String[]::new);
        gateway = Listeners.dispatching(all);
        client = new Client("http://127.0.0.1:" + gateway.port());
        management = new Client("http://127.0.0.1:" + gateway.managementPort());
    }

    private String usual() {
        return file(route("a", one), route("b", one, "mode: sync"));
    }

    @BeforeEach
    void begin() {
        mostActive.set(0);
        released = Sinks.empty();
        replace(usual());
        assertThat(reload().status()).isEqualTo(200);
        before.clear();
        for (String outcome : List.of("changed", "refused")) {
            before.put(outcome, gateway.count("sluice.routes.reloads", "outcome", outcome));
        }
    }

    @AfterEach
    void release() {
        released.tryEmitEmpty();
    }

    @AfterAll
    void stop() {
        gateway.close();
        servers.forEach(DisposableServer::disposeNow);
    }

    private Client.Answer reload() {
        return management.post("/routes/reload", null, "").block(LIMIT);
    }

    private Client.Answer get(String path) {
        return client.get(path).block(LIMIT);
    }

    private String job(String path) {
        Client.Answer accepted = client.post(path, null, "{}").block(LIMIT);
        assertThat(accepted.status()).as(accepted.body()).isEqualTo(202);
        return accepted.json().get("id").asString();
    }

    private Client.Answer result(String job) {
        return client.get("/jobs/" + job + "/result", "Prefer", "wait=50").block(LIMIT);
    }

    private double reloads(String outcome) {
        return gateway.count("sluice.routes.reloads", "outcome", outcome) - before.get(outcome);
    }

    @Test
    void routesAreAddedChangedAndRemovedOnDemand() {
        String before = job("/a/x");
        assertThat(result(before).body()).isEqualTo("one");
        replace(file(route("a", two), route("c", two, "mode: sync")) + "  queue:\n    capacity: 7\n");
        Client.Answer answer = reload();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo("{\"routes\":2,\"added\":[\"c\"],\"removed\":[\"b\"],\"changed\":[\"a\"],"
                        + "\"waitForRestart\":[\"sluice.queue.capacity\"]}");
        assertThat(result(job("/a/x")).body()).isEqualTo("two");
        assertThat(get("/c/x").body()).isEqualTo("two");
        assertThat(get("/b/x").status()).isEqualTo(404);
        assertThat(management.get("/routes").block(LIMIT).body())
                .contains("\"id\":\"c\"")
                .doesNotContain("\"id\":\"b\"");
        assertThat(management.get("/actuator/health").block(LIMIT).body()).contains("\"reload\":\"changed\"");
        assertThat(reload().body()).contains("\"changed\":[]").contains("sluice.queue.capacity");
    }

    private void noticed(String route, String backend) {
        long begun = System.nanoTime();
        until(() -> get("/" + route + "/x").body().equals(backend));
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(NOTICED.multipliedBy(5)); // a busy machine
    }

    @Test
    void aWrongFileChangesNothingAndIsReportedOnceInTheWordsOfAStart() {
        replace(file(route("a", two), route("b", two, "mode: sync", "concurency: 3")));
        until(() -> reloads("refused") == 1);
        assertThat(get("/b/x").body()).isEqualTo("one");
        Client.Answer answer = reload();
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.json().get("type").asString()).isEqualTo("urn:sluice:problem:configuration-unusable");
        assertThat(answer.json().get("detail").asString())
                .contains("sluice.routes.b.concurency; expected: one of the keys path")
                .doesNotContain("'3'", "application.yaml");
        assertThat(management.get("/actuator/health").block(LIMIT))
                .satisfies(health -> assertThat(health.status()).isEqualTo(200))
                .satisfies(health -> assertThat(health.body()).contains("\"reload\":\"refused\"", "concurency"));
        replace(file(route("a", one), route("b", two, "mode: sync")));
        noticed("b", "two");
        assertThat(reloads("refused")).as("once by each").isEqualTo(2);
    }

    @Test
    void whatAStartRefusesIsRefused() {
        for (String wrong : List.of(
                file(route("a", one), "    a2:\n      path: /a/**\n      backend: " + url(one) + "\n"),
                file(route("a", one), "    j:\n      path: /jobs/**\n      backend: " + url(one) + "\n"),
                file(route("a", one, "wait: 2m")),
                file(route("a", one, "tls: partner")),
                file(route("a", one)) + "  queue:\n    capacity: none\n",
                file(route("a", one)) + "  jurnal:\n    path: x\n",
                file(route("a", one)) + "spring:\n  config:\n    import: missing.yaml\n",
                "sluice:\n  routes:\n    a: [\n")) {
            replace(wrong);
            Client.Answer answer = reload();
            assertThat(answer.status()).as(wrong).isEqualTo(422);
            assertThat(answer.json().get("detail").asString()).as(wrong).doesNotContain("Exception", "\tat ");
            assertThat(get("/b/x").body()).isEqualTo("one");
        }
    }

    @Test
    void aFileThatIsGoneOrEmptyForAMomentRemovesNoRoute() throws IOException {
        String text = Files.readString(path());
        Files.delete(path());
        assertThat(reload().status()).isEqualTo(422);
        write("");
        assertThat(reload().json().get("detail").asString())
                .contains("gone or empty")
                .doesNotContain("application.yaml");
        assertThat(get("/b/x").body()).isEqualTo("one");
        assertThat(reloads("changed")).isZero();
        write(text);
        assertThat(reload().status()).isEqualTo(200);
    }

    @Test
    void aFileThatIsBeingWrittenIsReadWhenItIsWhole() throws IOException {
        String whole = file(route("a", one), route("b", two, "mode: sync"), route("c", two, "mode: sync"));
        String half = whole.substring(0, whole.indexOf("    b:"));
        Files.writeString(path(), half);
        Flux.interval(Duration.ofMillis(50))
                .take(30)
                .publishOn(Schedulers.boundedElastic())
                .doOnNext(tick -> append("# still writing\n"))
                .blockLast(LIMIT);
        assertThat(get("/b/x").body()).isEqualTo("one");
        append(whole.substring(half.length()));
        noticed("c", "two");
        until(() -> reloads("changed") == 1);
    }

    private void append(String text) {
        try {
            Files.writeString(path(), text, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Links are exchanged as Kubernetes does it with config maps. */
    @Test
    void filesOfProfilesAndImportsAndLinksAreWatchedAndTheCommandLineStaysOnTop() throws IOException {
        Listeners here = gateway;
        Files.createDirectory(elsewhere);
        link("first", file(route("b", one, "mode: sync"), route("top", two, "mode: sync")));
        Files.createSymbolicLink(elsewhere.resolve("application.yaml"), Path.of("..data", "application.yaml"));
        Files.writeString(elsewhere.resolve("more.yaml"), file(route("more", one, "mode: sync")));
        Files.writeString(
                elsewhere.resolve("application-eu.yaml"),
                "spring.config.import: more.yaml\n" + file(route("eu", one, "mode: sync")));
        try {
            open(elsewhere, "spring.profiles.active=eu", "sluice.routes.top.backend=" + url(one));
            assertThat(get("/more/x").body()).isEqualTo("one");
            link("second", file(route("b", two, "mode: sync"), route("top", two, "mode: sync", "timeout: 9s")));
            noticed("b", "two");
            Files.writeString(elsewhere.resolve("more.yaml"), file(route("more", two, "mode: sync")));
            noticed("more", "two");
            Files.writeString(elsewhere.resolve("application-eu.yaml"), file(route("eu", two, "mode: sync")));
            noticed("eu", "two");
            assertThat(get("/more/x").status()).as("no longer imported").isEqualTo(404);
            assertThat(get("/top/x").body()).isEqualTo("one");
        } finally {
            gateway.close();
            gateway = here;
            client = new Client("http://127.0.0.1:" + gateway.port());
            management = new Client("http://127.0.0.1:" + gateway.managementPort());
        }
    }

    private void link(String version, String text) throws IOException {
        Path data = Files.createDirectory(elsewhere.resolve(version));
        Files.writeString(data.resolve("application.yaml"), text);
        Path next = Files.createSymbolicLink(elsewhere.resolve("..next"), Path.of(version));
        Files.move(next, elsewhere.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void waitingJobsFollowTheRouteAsItIsNowAndFailIfItIsGone() {
        replace(file(route("a", one, "concurrency: 1"), route("c", one, "concurrency: 1")));
        reload();
        String running = job("/a/held");
        String gone = job("/c/held");
        until(() -> active.get() == 2);
        String waiting = job("/a/x");
        String withoutRoute = job("/c/x");
        replace(file(route("a", two)));
        assertThat(reload().status()).isEqualTo(200);
        assertThat(result(waiting).body()).isEqualTo("two");
        assertThat(result(withoutRoute).json().get("type").asString()).isEqualTo("urn:sluice:problem:route-gone");
        released.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
        assertThat(result(running).body()).isEqualTo("one");
        assertThat(result(gone).body()).isEqualTo("one");
    }

    @Test
    void theConcurrencyChangesUnderLoad() {
        replace(file(route("a", one, "concurrency: 2")));
        reload();
        List<String> jobs =
                Flux.range(0, 12).map(i -> job("/a/held")).collectList().block(LIMIT);
        until(() -> active.get() == 2);
        replace(file(route("a", one, "concurrency: 6")));
        reload();
        until(() -> active.get() == 6);
        replace(file(route("a", one, "concurrency: 1")));
        reload();
        String last = job("/a/x");
        assertThat(get("/jobs/" + last).json().get("state").asString()).isEqualTo("queued");
        released.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
        jobs.forEach(job -> assertThat(result(job).body()).isEqualTo("one"));
        assertThat(result(last).body()).isEqualTo("one");
        assertThat(mostActive).hasValue(6);
    }

    @Test
    void streamsWaitsAndUploadsUnderWayEndUnderTheRouteTheyBeganWith() {
        String job = job("/a/held");
        Mono<List<Client.Event>> events = client.events(job).cache();
        events.subscribe();
        Mono<Client.Answer> waits =
                client.get("/jobs/" + job, "Prefer", "wait=50").cache();
        waits.subscribe();
        Mono<Client.Answer> passed = client.get("/b/held").cache();
        passed.subscribe();
        Sinks.Many<String> upload = Sinks.many().unicast().onBackpressureBuffer();
        Mono<String> uploaded = client.http()
                .post()
                .uri("/b/x")
                .send(ByteBufFlux.fromString(upload.asFlux()))
                .responseSingle((head, content) -> head.status().equals(HttpResponseStatus.OK)
                        ? content.asString()
                        : Mono.error(new AssertionError(head.status())))
                .cache();
        uploaded.subscribe();
        upload.tryEmitNext("begun");
        until(() -> active.get() == 2);

        replace(file(route("a", two), route("b", two)));
        assertThat(reload().json().get("changed").size()).isEqualTo(2);
        upload.tryEmitNext("ended");
        upload.tryEmitComplete();
        assertThat(uploaded.block(LIMIT)).isEqualTo("one");
        released.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
        assertThat(passed.block(LIMIT).body()).isEqualTo("one");
        assertThat(waits.block(LIMIT).json().get("state").asString()).isEqualTo("succeeded");
        assertThat(events.block(LIMIT))
                .extracting(Client.Event::name)
                .containsExactly("accepted", "started", "succeeded");
    }

    @Test
    void nothingFailsWhileTheFileIsRewrittenFiftyTimes() {
        Queue<String> jobs = new ConcurrentLinkedQueue<>();
        List<String> failures = new CopyOnWriteArrayList<>();
        AtomicInteger passed = new AtomicInteger();
        Disposable load = Flux.range(0, Integer.MAX_VALUE)
                .flatMap(
                        i -> (i % 2 == 0 ? client.post("/a/x", null, "{}") : client.post("/b/x", null, "{}"))
                                .doOnNext(answer -> {
                                    if (answer.status() == 202) {
                                        jobs.add(answer.json().get("id").asString());
                                    } else if (answer.status() == 200) {
                                        passed.incrementAndGet();
                                    } else {
                                        failures.add(answer.status() + " " + answer.body());
                                    }
                                })
                                .onErrorResume(error -> {
                                    failures.add(error.toString());
                                    return Mono.empty();
                                }),
                        4)
                .subscribe();
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            DisposableServer backend = i % 4 == 0 ? one : two;
            String[] some = {"concurrency: " + (1 + i % 5)};
            replace(
                    i % 2 == 0
                            ? file(
                                    route("a", backend, some),
                                    route("b", backend, "mode: sync", some[0]),
                                    route("c" + i, one))
                            : file(route("a", backend, "attempts: many"), route("b", backend)));
            statuses.add(reload().status());
        }
        load.dispose();
        assertThat(statuses)
                .containsOnly(200, 422)
                .filteredOn(status -> status == 200)
                .hasSize(25);
        assertThat(failures).isEmpty();
        assertThat(jobs).isNotEmpty();
        assertThat(passed.get()).isPositive();
        List<Integer> results = Flux.fromIterable(jobs)
                .flatMap(job -> client.get("/jobs/" + job + "/result", "Prefer", "wait=50"), 16)
                .map(Client.Answer::status)
                .collectList()
                .block(LIMIT);
        assertThat(results).hasSameSizeAs(jobs).containsOnly(200);
    }
}
