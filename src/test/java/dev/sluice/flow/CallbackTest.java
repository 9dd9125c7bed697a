package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.ingress.Listeners;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/** Section 9: the end of a job is told as Standard Webhooks, once it is recorded, and by a job of its own. */
@Timeout(120)
class CallbackTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String NEXT_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD0Tn3JHr4HcE=";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static WebhookReceiver receiver;
    private static WebhookReceiver next;
    private static WebhookReceiver secure;
    private static RecordingBackend backend;
    private static Listeners gateway;
    private static Client client;
    private static Client operator;

    @BeforeAll
    static void start() {
        receiver = new WebhookReceiver(SECRET);
        next = new WebhookReceiver(NEXT_SECRET);
        secure = WebhookReceiver.secure(SECRET);
        backend = new RecordingBackend();
        List<String> settings = new ArrayList<>(ServerKeys.trusting("receivers"));
        settings.addAll(List.of(
                "sluice.callbacks.allowed-hosts=localhost:*,127.0.0.1:*",
                "sluice.callbacks.allow-private-addresses=true",
                "sluice.callbacks.secrets=" + SECRET + "," + NEXT_SECRET,
                "sluice.callbacks.tls=receivers",
                "sluice.routes.work.path=/{kind:steady|failing|held|callbacks}/**",
                "sluice.routes.work.backend=" + backend.url(),
                "sluice.routes.work.attempts=1",
                "sluice.routes.work.breaker=false",
                "sluice.routes.work.concurrency=64"));
        gateway = Listeners.dispatching(settings.toArray(String[]::new));
        client = new Client("http://127.0.0.1:" + gateway.port());
        operator = new Client("http://127.0.0.1:" + gateway.managementPort());
    }

    @AfterAll
    static void stop() {
        gateway.close();
        receiver.close();
        next.close();
        secure.close();
        backend.close();
        assertThat(receiver.forged()).isEmpty();
        assertThat(next.forged()).isEmpty();
        assertThat(secure.forged()).isEmpty();
    }

    @Test
    void aSuccessIsToldAsItsStatusShowsIt() {
        String job = accepted("/steady", receiver.url("/hooks?token=a%20b"));
        WebhookReceiver.Message message = receiver.first(job);
        assertThat(message.type()).isEqualTo("job.succeeded");
        JsonNode status = client.get("/jobs/" + job).block(LIMIT).json();
        assertThat(message.json().path("data")).isEqualTo(status);
        assertThat(message.json().path("timestamp")).isEqualTo(status.path("finishedAt"));
        assertThat(message.path()).isEqualTo("/hooks?token=a%20b");
        assertThat(message.id()).isEqualTo("msg_" + job);
        Set<String> names = message.headers().names().stream()
                .map(name -> name.toLowerCase(java.util.Locale.ROOT))
                .collect(Collectors.toSet());
        assertThat(names)
                .as("nothing of the client or of the gateway's own goes along")
                .containsExactlyInAnyOrder(
                        "host",
                        "content-type",
                        "content-length",
                        "user-agent",
                        "webhook-id",
                        "webhook-timestamp",
                        "webhook-signature");
    }

    @Test
    void whileSecretsAreChangedEachReceiverCanVerify() {
        String job = accepted("/steady", next.url("/hooks"));
        assertThat(next.first(job).headers().get("webhook-signature").split(" "))
                .hasSize(2);
        assertThat(receiver.first(accepted("/steady", receiver.url("/hooks"))).type())
                .isEqualTo("job.succeeded");
    }

    @Test
    void eachKindOfEndIsTold() {
        String failed = accepted("/failing", receiver.url("/ends"));
        assertThat(receiver.first(failed).type()).isEqualTo("job.failed");
        assertThat(receiver.first(failed)
                        .json()
                        .path("data")
                        .path("failure")
                        .path("status")
                        .asInt())
                .isEqualTo(502);

        String delayed = accepted("/steady", receiver.url("/ends"), "Sluice-Delay", "1h");
        cancel("/jobs/" + delayed, 200);
        assertThat(receiver.first(delayed).type()).isEqualTo("job.cancelled");

        String running = accepted("/held/cancelled", receiver.url("/ends"));
        await().atMost(LIMIT).until(() -> state(running).equals("running"));
        cancel("/jobs/" + running, 200);
        assertThat(receiver.first(running).type()).isEqualTo("job.cancelled");

        String late = accepted("/held/late", receiver.url("/ends"), "Sluice-Deadline", "1s");
        WebhookReceiver.Message overdue = receiver.first(late);
        assertThat(overdue.type()).isEqualTo("job.failed");
        assertThat(overdue.json().path("data").path("failure").path("type").asString())
                .endsWith("deadline-exceeded");

        for (String job : List.of(failed, delayed, running, late)) {
            assertThat(receiver.of(job)).hasSize(1);
        }
    }

    @Test
    void theEndOfAGroupIsToldOnce() {
        Client.Answer created = client.call(
                        "POST",
                        "/groups",
                        "{\"size\":3}",
                        "Content-Type",
                        "application/json",
                        "Sluice-Callback",
                        receiver.url("/groups"))
                .block(LIMIT);
        assertThat(created.status()).as(created.body()).isEqualTo(201);
        String group = created.json().path("id").asString();
        for (int i = 0; i < 3; i++) {
            accepted("/steady", receiver.url("/members"), "Sluice-Group", group);
        }
        WebhookReceiver.Message message = receiver.first(group);
        assertThat(message.type()).isEqualTo("group.finished");
        assertThat(message.id()).isEqualTo("msg_" + group);
        assertThat(message.json().path("data").path("jobs").path("succeeded").asInt())
                .isEqualTo(3);
        assertThat(receiver.of(group)).hasSize(1);
    }

    @Test
    void whatIsErasedIsNotTold() {
        String delayed = accepted("/steady", receiver.url("/erased"), "Sluice-Delay", "1h");
        cancel("/jobs/" + delayed + "?erase=true", 204);
        String running = accepted("/held/erased", receiver.url("/erased"));
        await().atMost(LIMIT).until(() -> state(running).equals("running"));
        cancel("/jobs/" + running + "?erase=true", 204);
        String after = accepted("/steady", receiver.url("/erased"));
        receiver.first(after);
        assertThat(receiver.messages())
                .filteredOn(message -> message.path().equals("/erased"))
                .extracting(WebhookReceiver.Message::job)
                .containsExactly(after);
        assertThat(deliveries("queued").size() + deliveries("running").size())
                .as("what others are still told")
                .isLessThan(50);
    }

    @Test
    void overTlsTheNameOfTheHostIsVerified() {
        String job = accepted("/steady", secure.url("/hooks"));
        assertThat(secure.first(job).type()).isEqualTo("job.succeeded");
        String other = accepted("/steady", secure.url("127.0.0.1", "/not-for-this-name"));
        JsonNode waiting =
                delivery(other, "queued", job1 -> job1.path("failure").has("detail"));
        assertThat(waiting.path("failure").path("detail").asString()).contains("TLS");
        assertThat(waiting.path("attempt").asInt()).as("counts as a try").isEqualTo(1);
        assertThat(secure.of(other)).isEmpty();
    }

    @Test
    void aDeliveryIsAJobOfItsOwnForOperatorsOnly() {
        String job = accepted("/steady", receiver.url("/410"));
        assertThat(receiver.first(job).id()).isEqualTo("msg_" + job);
        JsonNode failed = delivery(job, "failed", any -> true);
        String id = failed.path("id").asString();
        for (String path : List.of("", "/events", "/result", "/operation")) {
            assertThat(client.get("/jobs/" + id + path).block(LIMIT).status()).isEqualTo(404);
        }
        assertThat(client.call("DELETE", "/jobs/" + id, "").block(LIMIT).status())
                .isEqualTo(404);
        assertThat(client.get("/callbacks").block(LIMIT).json().path("route").asString())
                .as("the path is anybody's")
                .isEqualTo("work");

        assertThat(operator.call("POST", "/jobs/" + id + "/redrive", "")
                        .block(LIMIT)
                        .status())
                .isEqualTo(201);
        await().atMost(LIMIT).until(() -> receiver.of(job).size() == 2);
        assertThat(receiver.of(job)).extracting(WebhookReceiver.Message::id).containsOnly("msg_" + job);

        JsonNode routes = operator.get("/routes").block(LIMIT).json().path("routes");
        assertThat(routes.findValuesAsString("id")).containsExactly("work", "callbacks");
        assertThat(operator.get("/actuator/prometheus").block(LIMIT).body())
                .contains("sluice_jobs_finished_total{route=\"callbacks\",state=\"failed\"}");
        String shown = operator.get("/jobs?route=callbacks").block(LIMIT).body()
                + client.get("/jobs/" + job).block(LIMIT).body();
        assertThat(shown).as("the URL may hold a secret").doesNotContain(receiver.url("/"));
    }

    @Test
    void whatAReceiverAnswersDecides() {
        String moved = accepted("/steady", receiver.url("/moved"));
        String broken = accepted("/steady", receiver.url("/500"));
        String missing = accepted("/steady", receiver.url("/404"));
        for (String job : List.of(moved, broken, missing)) {
            JsonNode waiting =
                    delivery(job, "queued", any -> any.path("attempt").asInt() == 1);
            assertThat(waiting.path("failure").path("detail").asString()).contains("answered");
        }
        assertThat(receiver.messages())
                .extracting(WebhookReceiver.Message::path)
                .doesNotContain("/elsewhere");
    }

    @Test
    void anAnswerIsReadToABound() {
        String job = accepted("/steady", receiver.url("/endless"));
        JsonNode done = delivery(job, "succeeded", any -> true);
        assertThat(done.path("result").path("size").asLong()).isEqualTo(64 * 1024);
        assertThat(receiver.sent()).isLessThan(16 << 20);
    }

    @Test
    void aReceiverThatHangsDelaysNoOther() {
        WebhookReceiver hanging = new WebhookReceiver(SECRET);
        try {
            for (int i = 0; i < 30; i++) {
                accepted("/steady", hanging.url("/hang"));
            }
            await().atMost(LIMIT).until(() -> hanging.most("/hang") >= 4);
            List<String> jobs = Flux.range(0, 1_000)
                    .flatMap(
                            i -> client.call(
                                            "POST",
                                            "/steady",
                                            "{}",
                                            "Sluice-Callback",
                                            receiver.url("/many"),
                                            "Content-Type",
                                            "application/json")
                                    .map(answer -> answer.json().path("id").asString()),
                            32)
                    .collectList()
                    .block(LIMIT);
            await().atMost(LIMIT)
                    .until(() -> receiver.messages().stream()
                                    .filter(message -> message.path().equals("/many"))
                                    .count()
                            >= 1_000);
            assertThat(receiver.messages().stream()
                            .filter(message -> message.path().equals("/many"))
                            .map(WebhookReceiver.Message::job)
                            .toList())
                    .containsExactlyInAnyOrderElementsOf(jobs);
            assertThat(receiver.most("/many")).isBetween(2, 8);
            assertThat(hanging.most("/hang")).isBetween(4, 8);
        } finally {
            hanging.close();
        }
    }

    @Test
    void aRequestWhoseCallbackIsNotAllowedIsRefused() {
        for (String url : List.of("https://example.com/", "ftp://localhost/", "https://u@localhost/", "nonsense")) {
            Client.Answer refused =
                    client.call("POST", "/steady", "{}", "Sluice-Callback", url).block(LIMIT);
            assertThat(refused.status()).as(url).isEqualTo(400);
            assertThat(refused.json().path("type").asString()).endsWith(":callback-refused");
        }
        Client.Answer two = client.call(
                        "POST",
                        "/steady",
                        "{}",
                        "Sluice-Callback",
                        receiver.url("/a"),
                        "Sluice-Callback",
                        receiver.url("/b"))
                .block(LIMIT);
        assertThat(two.status()).isEqualTo(400);
    }

    private static String accepted(String path, String callback, String... fields) {
        List<String> all = new ArrayList<>(List.of("Sluice-Callback", callback, "Content-Type", "application/json"));
        all.addAll(List.of(fields));
        Client.Answer answer =
                client.call("POST", path, "{}", all.toArray(String[]::new)).block(LIMIT);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("id").asString();
    }

    private static String state(String job) {
        return client.get("/jobs/" + job).block(LIMIT).json().path("state").asString();
    }

    private static void cancel(String path, int status) {
        assertThat(client.call("DELETE", path, "").block(LIMIT).status()).isEqualTo(status);
    }

    private static List<JsonNode> deliveries(String state) {
        JsonNode jobs = operator.get("/jobs?route=callbacks&limit=1000&state=" + state)
                .block(LIMIT)
                .json()
                .path("jobs");
        return IntStream.range(0, jobs.size()).mapToObj(jobs::get).toList();
    }

    /** The delivery of a job in a state, which is found by when it was accepted: when the job ended. */
    private static JsonNode delivery(String job, String state, java.util.function.Predicate<JsonNode> as) {
        await().atMost(LIMIT)
                .until(() -> client.get("/jobs/" + job).block(LIMIT).json().has("finishedAt"));
        String ended = client.get("/jobs/" + job)
                .block(LIMIT)
                .json()
                .path("finishedAt")
                .asString();
        JsonNode[] found = new JsonNode[1];
        await().atMost(LIMIT).until(() -> {
            found[0] = deliveries(state).stream()
                    .filter(delivery -> delivery.path("acceptedAt").asString().equals(ended))
                    .filter(as)
                    .findFirst()
                    .orElse(null);
            return found[0] != null;
        });
        return found[0];
    }
}
