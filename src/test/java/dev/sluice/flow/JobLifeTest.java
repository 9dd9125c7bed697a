package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** From the request to its end as clients see it, through the real process: real dispatching, real disk, real connections. */
@Timeout(120)
class JobLifeTest {

    private static final Set<String> FINAL = Set.of("succeeded", "failed", "cancelled");

    @TempDir
    static Path directory;

    private static RecordingBackend backend;
    private static GatewayProcess gateway;

    /** Holds a port on which nobody listens. */
    private static final Socket away = new Socket();

    private static Client client;

    @BeforeAll
    static void start() throws IOException {
        backend = new RecordingBackend();
        List<String> settings = new ArrayList<>();
        for (String route : List.of(
                "steady",
                "after-50",
                "after-10",
                "after-400",
                "failing",
                "again",
                "plain",
                "held-one",
                "held-late",
                "held-left",
                "held-direct",
                "held-cancel",
                "held-read")) {
            settings.add("--sluice.routes." + route + ".path=/" + route);
            settings.add("--sluice.routes." + route + ".backend=" + backend.url());
        }
        away.bind(new InetSocketAddress("127.0.0.1", 0));
        settings.add("--sluice.routes.away.path=/away");
        settings.add("--sluice.routes.away.backend=http://127.0.0.1:" + away.getLocalPort());
        settings.add("--sluice.routes.away.attempts=1");
        settings.add("--sluice.routes.away.backoff=50ms");
        settings.add("--sluice.routes.away.max-backoff=200ms");
        settings.add("--sluice.routes.after-50.mode=negotiate");
        settings.add("--sluice.routes.after-50.concurrency=50");
        settings.add("--sluice.routes.held-left.mode=negotiate");
        settings.add("--sluice.routes.held-direct.mode=negotiate");
        settings.add("--sluice.routes.plain.mode=sync");
        settings.add("--sluice.routes.failing.attempts=1010");
        settings.add("--sluice.routes.failing.breaker=false");
        settings.add("--sluice.routes.failing.backoff=1ms");
        settings.add("--sluice.routes.failing.max-backoff=1ms");
        settings.add("--sluice.routes.again.attempts=300");
        settings.add("--sluice.routes.again.breaker=false");
        settings.add("--sluice.routes.again.backoff=1ms");
        settings.add("--sluice.routes.again.max-backoff=2ms");
        settings.add("--sluice.routes.held-one.concurrency=1");
        settings.add("--sluice.routes.held-late.concurrency=1");
        settings.add("--sluice.routes.after-400.concurrency=1");
        gateway = GatewayProcess.start(directory, settings);
        client = new Client(gateway.url(), 400);
    }

    @AfterAll
    static void stop() {
        gateway.close();
        backend.close();
    }

    private static String accept(String path, String body, String... fields) {
        Client.Answer answer = client.call("POST", path, body, fields).block(Client.LIMIT);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("id").asString();
    }

    private static JsonNode job(String id) {
        return client.get("/jobs/" + id).block(Client.LIMIT).json();
    }

    private static List<Client.Event> events(String id) {
        return client.events(id).block(Client.LIMIT);
    }

    private static List<String> names(List<Client.Event> events) {
        return events.stream().map(Client.Event::name).toList();
    }

    private static String type(JsonNode failure) {
        return failure.path("type").asString().replace("urn:sluice:problem:", "");
    }

    @Test
    void eachModeAnswersInItsWay() {
        String id = accept("/steady", "{\"a\":1}");
        Client.Answer result =
                client.get("/jobs/" + id + "/result", "Prefer", "wait=20").block(Client.LIMIT);
        assertThat(result.status()).isEqualTo(200);
        assertThat(result.body()).isEqualTo("{\"a\":1}");
        assertThat(result.headers().get("Link")).isEqualTo("</jobs/" + id + ">; rel=\"status\"");

        Client.Answer waited =
                client.call("POST", "/steady", "{\"b\":1}", "Prefer", "wait=20").block(Client.LIMIT);
        assertThat(waited.status()).isEqualTo(200);
        assertThat(waited.body()).isEqualTo("{\"b\":1}");
        assertThat(waited.headers().get("Preference-Applied")).isEqualTo("wait=20");

        Client.Answer async = client.call("POST", "/after-50", "{}", "Prefer", "respond-async")
                .block(Client.LIMIT);
        assertThat(async.status()).isEqualTo(202);
        assertThat(async.headers().get("Preference-Applied")).isEqualTo("respond-async");

        Client.Answer passed = client.call("POST", "/plain", "{\"c\":1}", "Prefer", "respond-async")
                .block(Client.LIMIT);
        assertThat(passed.status()).isEqualTo(200);
        assertThat(passed.body()).isEqualTo("{\"c\":1}");
        for (String field : List.of("Location", "Link", "Preference-Applied", "Vary")) {
            assertThat(passed.headers().contains(field)).as(field).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/steady", "/after-50", "/plain"})
    void aClientIsToldToGoOnInEachMode(String path) throws IOException {
        try (Wire wire = new Wire(port())) {
            wire.send("POST " + path + " HTTP/1.1\nHost: g\nExpect: 100-continue\nContent-Length: 4\n\n");
            assertThat(wire.read().status()).isEqualTo(100);
            wire.send("body");
            Wire.Reply reply = wire.read();
            assertThat(reply.status()).isEqualTo(path.equals("/steady") ? 202 : 200);
            assertThat(reply.status() == 202 ? "body" : reply.text()).isEqualTo("body");
        }
    }

    @Test
    void whoWaitsForAJobThatIsCancelledIsToldSo() throws Exception {
        var waiting = client.call("POST", "/held-direct", "{}").toFuture();
        backend.awaitCalls("/held-direct", 1);
        String self = "/jobs/" + backend.callsTo("/held-direct").get(0).job();
        assertThat(client.call("DELETE", self, "").block(Client.LIMIT).status()).isEqualTo(200);
        Client.Answer answer = waiting.get(30, TimeUnit.SECONDS);
        assertThat(answer.status()).isEqualTo(410);
        assertThat(type(answer.json())).isEqualTo("job-cancelled");
        assertThat(answer.headers().get("Link")).startsWith("<" + self + ">; rel=\"status\"");
        backend.awaitAbandoned("/held-direct", 1);
    }

    @Test
    void manyWhoWaitEachGetTheirOwnAnswer() {
        List<Client.Answer> answers = Flux.range(0, 200)
                .flatMapSequential(n -> client.call("POST", "/after-50", "{\"own\":" + n + "}"), 100)
                .collectList()
                .block(Client.LIMIT);
        Set<String> jobs = new HashSet<>();
        for (int n = 0; n < 200; n++) {
            assertThat(answers.get(n).status()).isEqualTo(200);
            assertThat(answers.get(n).body()).isEqualTo("{\"own\":" + n + "}");
            jobs.add(answers.get(n).headers().get("Link"));
        }
        assertThat(jobs).hasSize(200);
    }

    @Test
    void manyEqualRequestsAreOneJobAndOneCall() {
        List<Client.Answer> answers = Flux.range(0, 64)
                .flatMap(
                        n -> client.call(
                                "POST",
                                "/after-50",
                                "{\"equal\":1}",
                                "Idempotency-Key",
                                n % 2 == 0 ? "equal" : "\"equal\"",
                                "Prefer",
                                n % 3 == 0 ? "respond-async" : "wait=30"),
                        64)
                .collectList()
                .block(Client.LIMIT);
        assertThat(answers.stream().map(answer -> answer.headers().get("Link")).distinct())
                .hasSize(1);
        String id = job(answers.get(0));
        for (Client.Answer answer : answers) {
            assertThat(answer.status()).isIn(200, 202);
            assertThat(
                            answer.status() == 200
                                    ? answer.body()
                                    : answer.json().path("id").asString())
                    .isIn("{\"equal\":1}", id);
        }
        events(id);
        assertThat(backend.callsOf(id)).hasSize(1);
    }

    @Test
    void whoGivesUpWaitingFindsTheJobLater() throws Exception {
        try (Wire wire = new Wire(port())) {
            wire.send("POST /held-left HTTP/1.1\nHost: g\nContent-Length: 2\n\n{}");
            backend.awaitCalls("/held-left", 1);
        }
        String id = backend.callsTo("/held-left").get(0).job();
        backend.release("/held-left");
        assertThat(names(events(id))).containsExactly("accepted", "started", "succeeded");
        assertThat(client.get("/jobs/" + id + "/result").block(Client.LIMIT).status())
                .isEqualTo(200);
    }

    private static int port() {
        return Integer.parseInt(gateway.url().substring(gateway.url().lastIndexOf(':') + 1));
    }

    @Test
    void whatIsUrgentOvertakesAndPositionsSaySo() throws Exception {
        accept("/held-one", "{\"n\":0}");
        backend.awaitCalls("/held-one", 1);
        List<String> usual = new ArrayList<>();
        for (int n = 1; n <= 3; n++) {
            usual.add(accept("/held-one", "{\"n\":" + n + "}"));
        }
        String urgent = accept("/held-one", "{\"n\":4}", "Priority", "u=0, i");
        String patient = accept("/held-one", "{\"n\":5}", "Priority", "u=7");
        String last = accept("/held-one", "{\"n\":6}", "Priority", "u=9");
        assertThat(job(urgent).path("position").asInt()).isEqualTo(1);
        assertThat(job(usual.get(0)).path("position").asInt()).isEqualTo(2);
        assertThat(job(last).path("position").asInt())
                .as("out of range is ignored")
                .isEqualTo(5);
        assertThat(job(patient).path("position").asInt()).isEqualTo(6);
        backend.release("/held-one");
        events(patient);
        assertThat(backend.callsTo("/held-one"))
                .extracting(RecordingBackend.Call::body)
                .containsExactly(
                        "{\"n\":0}", "{\"n\":4}", "{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":6}", "{\"n\":5}");
        assertThat(job(patient).has("position")).isFalse();
    }

    @Test
    void whatIsDelayedIsNotStartedEarlier() {
        String delayed = accept("/steady", "{}", "Sluice-Delay", "1500ms");
        String notBefore = accept(
                "/steady",
                "{}",
                "Sluice-Not-Before",
                Instant.now().plusMillis(1500).toString());
        JsonNode waiting = job(delayed);
        assertThat(waiting.has("position")).as("it does not wait for its turn").isFalse();
        assertThat(waiting.path("attempt").asInt()).isZero();
        for (String id : List.of(delayed, notBefore)) {
            List<Client.Event> events = events(id);
            assertThat(names(events)).containsExactly("accepted", "started", "succeeded");
            Instant accepted = Instant.parse(events.get(0).json().path("at").asString());
            Instant started = Instant.parse(events.get(1).json().path("at").asString());
            assertThat(Duration.between(accepted, started)).isBetween(Duration.ofMillis(1400), Duration.ofSeconds(20));
        }
    }

    /** Promise 5: nothing was sent, so that the one try is still there when the backend is. */
    @Test
    void aRestartOfTheBackendFailsNobodyNotEvenWhoHasOneTry() throws Exception {
        String id = accept("/away", "{\"a\":1}");
        JsonNode waiting = client.get("/jobs/" + id)
                .map(Client.Answer::json)
                .repeat()
                .filter(job -> job.path("state").asString().equals("queued") && job.has("failure"))
                .blockFirst(Client.LIMIT);
        assertThat(type(waiting.path("failure"))).isEqualTo("backend-unreachable");
        assertThat(waiting.path("attempt").asInt()).isZero();
        int port = away.getLocalPort();
        away.close();
        try (RecordingBackend back = new RecordingBackend(port)) {
            List<Client.Event> events = events(id);
            assertThat(names(events))
                    .startsWith("accepted", "started", "requeued")
                    .endsWith("started", "succeeded");
            assertThat(events.get(2).json().path("reason").asString()).isEqualTo("unreachable");
            assertThat(back.callsOf(id)).hasSize(1);
            assertThat(back.callsOf(id).get(0).attempt()).isEqualTo(1);
        }
        JsonNode done = job(id);
        assertThat(done.path("attempt").asInt()).isEqualTo(1);
        assertThat(done.has("tries")).isFalse();
    }

    @Test
    void aDeadlineFailsWhatWaitsAndWhatRuns() throws Exception {
        String running = accept("/held-late", "{}", "Sluice-Deadline", "2s");
        backend.awaitCalls("/held-late", 1);
        String waiting = accept("/held-late", "{}", "Sluice-Deadline", "1s");
        List<Client.Event> queued = events(waiting);
        assertThat(names(queued)).containsExactly("accepted", "failed");
        assertThat(type(queued.get(1).json().path("failure"))).isEqualTo("deadline-exceeded");
        List<Client.Event> started = events(running);
        assertThat(names(started)).containsExactly("accepted", "started", "failed");
        assertThat(type(started.get(2).json().path("failure"))).isEqualTo("deadline-exceeded");
        backend.awaitAbandoned("/held-late", 1);
        for (String id : List.of(running, waiting)) {
            Client.Answer result = client.get("/jobs/" + id + "/result").block(Client.LIMIT);
            assertThat(result.status()).isEqualTo(504);
            assertThat(type(result.json())).isEqualTo("deadline-exceeded");
        }
        assertThat(backend.callsOf(waiting)).isEmpty();
        backend.release("/held-late");
    }

    @Test
    void aDeadlineBeyondTheEstimateIsRefused() {
        events(accept("/after-400", "{}"));
        Flux.range(0, 20).flatMap(n -> client.call("POST", "/after-400", "{}")).blockLast(Client.LIMIT);
        Client.Answer refused =
                client.call("POST", "/after-400", "{}", "Sluice-Deadline", "2s").block(Client.LIMIT);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(type(refused.json())).isEqualTo("deadline-unattainable");
        Client.Answer taken =
                client.call("POST", "/after-400", "{}", "Sluice-Deadline", "1h").block(Client.LIMIT);
        assertThat(taken.status()).isEqualTo(202);
        JsonNode job = taken.json();
        Instant finish = Instant.parse(job.path("estimate").path("finishAt").asString());
        long seconds = Duration.between(Instant.now(), finish).toSeconds();
        assertThat(Long.parseLong(taken.headers().get("Retry-After")))
                .as("follows from the estimate, with a tenth of jitter")
                .isBetween(Math.max(1, seconds - 1), seconds + 4 + seconds / 10);
        assertThat(job.path("position").asInt()).isPositive();
    }

    @Test
    void manyReadersSeeTheSameWheneverTheyCome() throws Exception {
        String id = accept("/held-read", "{}");
        Mono<List<String>> reading = client.events(id).map(events -> {
            List<String> told = new ArrayList<>();
            events.forEach(event -> told.add(event.id() + event.name() + event.data()));
            return told;
        });
        List<CompletableFuture<List<String>>> readers =
                IntStream.range(0, 300).mapToObj(n -> reading.toFuture()).toList();
        backend.awaitCalls("/held-read", 1);
        Mono<List<String>> late = reading;
        var lateReader = late.toFuture();
        backend.release("/held-read");
        List<String> expected = reading.block(Client.LIMIT);
        assertThat(expected).hasSize(3);
        for (var reader : readers) {
            assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo(expected);
        }
        assertThat(lateReader.get(60, TimeUnit.SECONDS)).isEqualTo(expected);

        String path = "/jobs/" + id + "/events";
        assertThat(resumed(path, "Last-Event-ID", "1")).containsExactly("2", "3");
        assertThat(resumed(path + "?last_event_id=2")).containsExactly("3");
        assertThat(resumed(path + "?last_event_id=2", "Last-Event-ID", "1")).containsExactly("2", "3");
        assertThat(resumed(path, "Last-Event-ID", "1a")).containsExactly("1", "2", "3");
        for (String last : List.of("3", "4", "99999999999999999999")) {
            assertThat(client.get(path, "Last-Event-ID", last)
                            .block(Client.LIMIT)
                            .status())
                    .isEqualTo(204);
        }
        Client.Answer head = client.call("HEAD", path, "").block(Client.LIMIT);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.headers().get("Content-Type")).isEqualTo("text/event-stream");
        assertThat(head.body()).isEmpty();
    }

    private static List<String> resumed(String path, String... fields) {
        Client.Answer answer = client.get(path, fields).block(Client.LIMIT);
        assertThat(answer.status()).isEqualTo(200);
        return Client.parse(answer.body()).stream().map(Client.Event::id).toList();
    }

    /** Each takes a few dozen events, breaks the connection off and comes back, while the job fails again and again. */
    @Test
    void readersThatComeAndGoMissNothing() {
        String id = accept("/again", "{}");
        List<List<String>> told = Flux.range(0, 30)
                .flatMap(
                        n -> Mono.delay(Duration.ofMillis(40L * n))
                                .then(some(id, "0", 20 + n))
                                .expand(events -> isOver(events)
                                        ? Mono.empty()
                                        : some(id, events.get(events.size() - 1).id(), 20 + n))
                                .flatMapIterable(events -> events)
                                .map(event -> event.id() + event.name() + event.data())
                                .collectList(),
                        30)
                .collectList()
                .block(Client.LIMIT.plusSeconds(30));
        List<String> all = events(id).stream()
                .map(event -> event.id() + event.name() + event.data())
                .toList();
        assertThat(all).hasSize(601);
        assertThat(told).hasSize(30).allSatisfy(one -> assertThat(one).isEqualTo(all));
    }

    private static boolean isOver(List<Client.Event> events) {
        return FINAL.contains(events.get(events.size() - 1).name());
    }

    /** At least that many events, if there are so many, of those after a number. */
    private static Mono<List<Client.Event>> some(String id, String after, int most) {
        return client.http()
                .headers(headers -> headers.set("Last-Event-ID", after))
                .get()
                .uri("/jobs/" + id + "/events")
                .response((head, content) -> content.asString())
                .scan("", String::concat)
                .map(text -> Client.parse(text.substring(0, text.lastIndexOf("\n\n") + 1)))
                .takeUntil(events -> events.size() >= most)
                .last();
    }

    @Test
    void aHistoryThatWasCutSaysSo() {
        String id = accept("/failing", "{}");
        Client.Answer end = client.get("/jobs/" + id, "Prefer", "wait=60").block(Client.LIMIT.plusSeconds(30));
        assertThat(end.json().path("state").asString()).isEqualTo("failed");
        assertThat(end.json().path("attempt").asInt()).isEqualTo(1010);
        List<Client.Event> events = events(id);
        assertThat(names(events).subList(0, 2)).containsExactly("accepted", "gap");
        Client.Event gap = events.get(1);
        assertThat(gap.id()).isEmpty();
        assertThat(gap.json().path("job").asString()).isEqualTo(id);
        assertThat(gap.json().path("from").asInt()).isEqualTo(2);
        int next = gap.json().path("to").asInt() + 1;
        assertThat(gap.json().path("seq").asInt()).isEqualTo(next - 1);
        for (Client.Event event : events.subList(2, events.size())) {
            assertThat(event.id()).isEqualTo("" + next++);
        }
        assertThat(next).as("accepted, each try with its end").isEqualTo(2022);
        assertThat(events.get(events.size() - 1).name()).isEqualTo("failed");
        assertThat(names(Client.parse(client.get("/jobs/" + id + "/events", "Last-Event-ID", "50")
                                .block(Client.LIMIT)
                                .body()))
                        .get(0))
                .isEqualTo("gap");
        assertThat(client.get("/jobs/" + id + "/result").block(Client.LIMIT).status())
                .as("what the backend answered last")
                .isEqualTo(503);
    }

    @Test
    void cancellingClosesTheConnectionToTheBackend() throws Exception {
        String id = accept("/held-cancel", "{}", "Idempotency-Key", "to-cancel");
        backend.awaitCalls("/held-cancel", 1);
        Client.Answer cancelled = client.call("DELETE", "/jobs/" + id, "").block(Client.LIMIT);
        assertThat(cancelled.status()).isEqualTo(200);
        assertThat(cancelled.json().path("state").asString()).isEqualTo("cancelled");
        backend.awaitAbandoned("/held-cancel", 1);
        assertThat(names(events(id))).containsExactly("accepted", "started", "cancelled");
        for (int status : new int[] {204, 410}) {
            assertThat(client.call("DELETE", "/jobs/" + id + "?erase=true", "")
                            .block(Client.LIMIT)
                            .status())
                    .isEqualTo(status);
        }
        String next = accept("/held-cancel", "{}", "Idempotency-Key", "to-cancel");
        assertThat(next).isNotEqualTo(id);
        backend.release("/held-cancel");
        events(next);
    }

    /** Many clients do anything to the same few jobs at once, under a few keys. */
    @Test
    void whateverClientsDoAtOnceNobodyMeetsAMistake() {
        Random random = new Random(7);
        Deque<String> jobs = new ConcurrentLinkedDeque<>();
        List<String> complaints = Flux.range(0, 6_000)
                .map(n -> random.nextInt(1 << 20))
                .flatMap(dice -> anything(jobs, dice), 64)
                .collectList()
                .block(Client.LIMIT.plusSeconds(30));
        assertThat(complaints).isEmpty();
        assertThat(gateway.log()).doesNotContain("reason nobody expected").doesNotContain(" ERROR ");
    }

    private static Mono<String> anything(Deque<String> jobs, int dice) {
        String job = dice % 6 == 0 ? null : dice % 5 == 0 ? jobs.peekFirst() : jobs.peekLast();
        if (job == null) {
            return submitted(jobs, dice);
        }
        if (dice % 64 == 1) {
            jobs.pollFirst();
        }
        String self = "/jobs/" + job;
        return switch (dice % 6) {
            case 1 -> outcome("DELETE", self + (dice % 12 == 1 ? "?erase=true" : ""), Set.of(200, 204, 409, 410));
            case 2 -> outcome("GET", self, Set.of(200, 410), "Prefer", "wait=1");
            case 3 -> outcome("GET", self, Set.of(200, 304, 410), "Prefer", "wait=1", "If-None-Match", "\"2\"");
            case 4 -> outcome("GET", self + "/result", Set.of(200, 202, 410), "Prefer", "wait=" + dice % 2);
            default -> outcome("GET", self + "/events", Set.of(200, 204, 410), "Last-Event-ID", "" + dice % 4);
        };
    }

    private static Mono<String> submitted(Deque<String> jobs, int dice) {
        String prefer =
                List.of("respond-async", "wait=0", "wait=1", "handling=strict").get(dice / 8 % 4);
        String path = List.of("/steady", "/after-10", "/after-50").get(dice / 32 % 3);
        return client.call(
                        "POST",
                        path,
                        "{\"n\":" + dice / 128 % 3 / 2 + "}",
                        "Idempotency-Key",
                        "any-" + dice / 1024 % 16,
                        "Prefer",
                        prefer)
                .doOnNext(answer -> {
                    if (answer.headers().contains("Link")) {
                        jobs.add(job(answer));
                    }
                })
                .filter(answer -> !Set.of(200, 202, 410, 422).contains(answer.status()))
                .map(answer -> "POST " + path + ": " + answer)
                .onErrorResume(error -> Mono.just("POST " + path + ": " + error));
    }

    /** The id of the job that an answer links to. */
    private static String job(Client.Answer answer) {
        String link = answer.headers().get("Link");
        return link.substring("</jobs/".length(), link.indexOf('>'));
    }

    private static Mono<String> outcome(String method, String path, Set<Integer> expected, String... fields) {
        return client.call(method, path, "", fields)
                .filter(answer -> !expected.contains(answer.status()))
                .map(answer -> method + " " + path + ": " + answer)
                .onErrorResume(error -> Mono.just(method + " " + path + ": " + error));
    }

    @Test
    void whoeverWinsADeletedJobHasOneEnd() {
        List<String> complaints = Flux.range(0, 300)
                .flatMap(n -> client.call("POST", "/after-10", "{}"), 32)
                .map(answer -> answer.json().path("id").asString())
                .flatMap(
                        id -> Mono.delay(Duration.ofMillis(id.charAt(id.length() - 1) % 25))
                                .then(client.call("DELETE", "/jobs/" + id, ""))
                                .flatMap(deleted -> complaint(id, deleted)),
                        32)
                .collectList()
                .block(Client.LIMIT);
        assertThat(complaints).isEmpty();
    }

    private static Mono<String> complaint(String id, Client.Answer deleted) {
        if (deleted.status() == 409) {
            return client.get("/jobs/" + id + "/result")
                    .filter(answer -> answer.status() != 200)
                    .map(answer -> "finished, and yet no result: " + answer);
        } else if (deleted.status() != 200) {
            return Mono.just("DELETE was answered " + deleted);
        }
        return client.events(id)
                .filter(events -> events.stream()
                                        .filter(event -> FINAL.contains(event.name()))
                                        .count()
                                != 1
                        || !events.get(events.size() - 1).name().equals("cancelled"))
                .map(events -> "cancelled, and yet " + events);
    }
}
