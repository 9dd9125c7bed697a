package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.ingress.Listeners;
import dev.sluice.journal.core.JournalClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/**
 * What holds for every job also holds where the end is told by a callback, where the backend has taken the work over, and for the
 * members of groups: retention, deadlines, priorities, erasing, redriving, and what operators do.
 */
@Timeout(120)
class WaysToFinishTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final JumpingClock CLOCK = new JumpingClock();

    private static RecordingBackend backend;
    private static TakingOverBackend taking;
    private static WebhookReceiver receiver;
    private static Listeners gateway;
    private static Client client;
    private static Client operator;

    @BeforeAll
    static void start() {
        backend = new RecordingBackend();
        taking = new TakingOverBackend();
        receiver = WebhookReceiver.atAnyTime(SECRET);
        JournalClock time = CLOCK.ofJournal();
        gateway = Listeners.dispatching(
                part -> part instanceof JournalClock ? time : part,
                "sluice.callbacks.allowed-hosts=localhost:*",
                "sluice.callbacks.allow-private-addresses=true",
                "sluice.callbacks.secrets=" + SECRET,
                "sluice.routes.work.path=/{kind:steady|held-one}",
                "sluice.routes.work.backend=" + backend.url(),
                "sluice.routes.work.keep=72h",
                "sluice.routes.brief.path=/brief/**",
                "sluice.routes.brief.backend=" + backend.url(),
                "sluice.routes.brief.keep=1h",
                "sluice.routes.one.path=/held-in-turn",
                "sluice.routes.one.backend=" + backend.url(),
                "sluice.routes.one.concurrency=1",
                "sluice.routes.taken.path=/{kind:polled|later}",
                "sluice.routes.taken.backend=" + taking.url(),
                "sluice.routes.taken.follow=true",
                "sluice.routes.taken.follow-cancel=true",
                "sluice.routes.taken.attempts=1",
                "sluice.routes.taken.timeout=100h");
        client = new Client("http://127.0.0.1:" + gateway.port());
        operator = new Client("http://127.0.0.1:" + gateway.managementPort());
    }

    @AfterAll
    static void stop() {
        gateway.close();
        receiver.close();
        taking.close();
        backend.close();
        assertThat(receiver.forged()).isEmpty();
    }

    @Test
    void aCallbackThatIsGivenUpIsAFailedJobThatCanBeRedriven() {
        receiver.answer("/given-up", 500);
        String job = accept("/steady", "Sluice-Callback", receiver.url("/given-up"));
        receiver.first(job);
        JsonNode before = client.get("/jobs/" + job).block(LIMIT).json();
        int days = 0;
        while (deliveries("failed").isEmpty()) {
            assertThat(days++).as("tries of a day").isLessThan(20);
            pass(Duration.ofMinutes(150));
        }
        JsonNode failed = deliveries("failed").get(0);
        assertThat(failed.path("attempt").asInt())
                .isEqualTo(receiver.of(job).size())
                .isGreaterThanOrEqualTo(10);
        assertThat(failed.path("failure").path("status").asInt()).isEqualTo(502);
        assertThat(Duration.between(instant(failed, "acceptedAt"), instant(failed, "finishedAt")))
                .isBetween(Duration.ofHours(24), Duration.ofHours(30));
        assertThat(client.get("/jobs/" + job).block(LIMIT).json()).isEqualTo(before);

        receiver.answer("/given-up", 204);
        int tries = receiver.of(job).size();
        Client.Answer redriven = operator.call("POST", "/jobs/redrive?route=callbacks&state=failed", "")
                .block(LIMIT);
        assertThat(redriven.json().path("redriven").asInt()).as(redriven.body()).isEqualTo(1);
        await().atMost(LIMIT).until(() -> receiver.of(job).size() > tries);
        assertThat(receiver.of(job)).extracting(WebhookReceiver.Message::id).containsOnly("msg_" + job);
        assertThat(client.get("/jobs/" + job).block(LIMIT).json()).isEqualTo(before);
    }

    @Test
    void aCallbackOutlivesItsJobAndAGroupEndsWithItsTime() {
        receiver.answer("/outlives", 503);
        String group = group("{\"size\":1,\"keep\":\"1h\"}", receiver.url("/outlives"));
        String job = accept("/brief", "Sluice-Group", group, "Sluice-Callback", receiver.url("/outlives"));
        receiver.first(job);
        receiver.first(group);
        pass(Duration.ofHours(2));
        List<String> gone = List.of("/jobs/" + job, "/groups/" + group, "/groups/" + group + "/events");
        for (String path : gone) {
            assertThat(client.get(path).block(LIMIT).status()).as(path).isEqualTo(410);
        }
        receiver.answer("/outlives", 204);
        int tries = receiver.messages().size();
        pass(Duration.ofHours(2));
        for (String told : List.of(job, group)) {
            await().atMost(LIMIT)
                    .until(() ->
                            receiver.of(told).size() >= 2 && receiver.messages().size() > tries);
            assertThat(receiver.of(told))
                    .extracting(WebhookReceiver.Message::body)
                    .containsOnly(receiver.first(told).body());
        }
        gateway.journal().purge(Duration.ofHours(10)).blockLast(LIMIT);
        assertThat(client.get("/groups/" + group).block(LIMIT).status()).isEqualTo(410);
        pass(Duration.ofHours(20));
        gateway.journal().purge(Duration.ofHours(10)).blockLast(LIMIT);
        for (String path : gone) {
            assertThat(client.get(path).block(LIMIT).status())
                    .as("%s without a tombstone", path)
                    .isEqualTo(404);
        }
    }

    @Test
    void aDeadlineEndsWhatABackendWorksAt() {
        String group = group("{\"size\":2}", receiver.url("/deadline"));
        String[] fields = {"Sluice-Group", group, "Sluice-Callback", receiver.url("/deadline"), "Sluice-Deadline", "1h"
        };
        String later = accept("/later", fields);
        String polled = accept("/polled", fields);
        String completion = taking.completion(later, 1);
        taking.awaitPolls(polled, 1);
        pass(Duration.ofHours(2));
        for (String job : List.of(later, polled)) {
            WebhookReceiver.Message message = receiver.first(job);
            assertThat(message.type()).isEqualTo("job.failed");
            assertThat(message.json().path("data").path("failure").path("type").asString())
                    .endsWith(":deadline-exceeded");
        }
        assertThat(receiver.first(group)
                        .json()
                        .path("data")
                        .path("jobs")
                        .path("failed")
                        .asInt())
                .isEqualTo(2);
        assertThat(complete(completion)).isEqualTo(409);
    }

    @Test
    void whatABackendWorksAtIsErasedAtOnce() {
        String later = accept("/later", "Sluice-Callback", receiver.url("/erased"));
        String polled = accept("/polled", "Sluice-Callback", receiver.url("/erased"));
        String completion = taking.completion(later, 1);
        taking.awaitPolls(polled, 1);
        for (String job : List.of(later, polled)) {
            assertThat(client.call("DELETE", "/jobs/" + job + "?erase=true", "")
                            .block(LIMIT)
                            .status())
                    .isEqualTo(204);
            assertThat(client.get("/jobs/" + job).block(LIMIT).status()).isEqualTo(410);
        }
        assertThat(complete(completion)).isEqualTo(410);
        taking.awaitDelete(polled);
        pass(Duration.ofSeconds(10));
        assertThat(receiver.messages())
                .extracting(WebhookReceiver.Message::path)
                .doesNotContain("/erased");
    }

    @Test
    void aRedriveIsTakenOverAnewAndIsNotOfTheGroup() {
        String group = group("{\"size\":1}", receiver.url("/redriven"));
        String job = accept("/later", "Sluice-Group", group, "Sluice-Callback", receiver.url("/redriven"));
        String first = taking.completion(job, 1);
        assertThat(complete(first, "Sluice-Status", "500")).isEqualTo(204);
        receiver.first(group);
        JsonNode made = operator.call("POST", "/jobs/" + job + "/redrive", "")
                .block(LIMIT)
                .json();
        String again = made.path("id").asString();
        assertThat(made.has("group")).isFalse();
        String second = taking.completion(again, 1);
        assertThat(complete(first)).isEqualTo(409);
        assertThat(complete(second)).isEqualTo(204);
        assertThat(receiver.first(again).type()).isEqualTo("job.succeeded");
        assertThat(receiver.first(again).json().path("data").path("redriveOf").asString())
                .isEqualTo(job);
        assertThat(receiver.first(job).type()).isEqualTo("job.failed");
        assertThat(receiver.of(group)).hasSize(1);
        assertThat(client.get("/groups/" + group)
                        .block(LIMIT)
                        .json()
                        .path("jobs")
                        .toString())
                .contains("\"total\":1,")
                .contains("\"failed\":1,");
    }

    @Test
    void whatIsUrgentInAGroupIsStartedFirst() throws Exception {
        String group = group("{\"size\":4}", receiver.url("/urgent"));
        List<String> jobs = new ArrayList<>();
        jobs.add(accept("/held-in-turn", "Sluice-Group", group));
        backend.awaitCalls("/held-in-turn", 1);
        for (String urgency : List.of("u=6", "u=3", "u=0")) {
            jobs.add(accept("/held-in-turn", "Sluice-Group", group, "Priority", urgency));
        }
        backend.release("/held-in-turn");
        List<Client.Event> events = Client.parse(client.get("/groups/" + group + "/events?from=start")
                .block(LIMIT)
                .body());
        assertThat(events)
                .filteredOn(event -> event.name().equals("started"))
                .extracting(event -> event.json().path("job").asString())
                .containsExactly(jobs.get(0), jobs.get(3), jobs.get(2), jobs.get(1));
    }

    @Test
    void anOperatorCancelsDeliveriesAndPurgesMembersOfGroups() {
        receiver.answer("/cancelled", 500);
        String group = group("{\"size\":2}", receiver.url("/204"));
        List<String> jobs = List.of(
                accept("/brief", "Sluice-Group", group, "Sluice-Callback", receiver.url("/cancelled")),
                accept("/brief", "Sluice-Group", group));
        receiver.first(jobs.get(0));
        receiver.first(group);
        await().atMost(LIMIT).until(() -> deliveries("queued").size() == 1);
        JsonNode report = operator.call("POST", "/jobs/cancel?route=callbacks", "")
                .block(LIMIT)
                .json();
        assertThat(report.path("cancelled").asInt()).isEqualTo(1);
        assertThat(client.get("/jobs/" + jobs.get(0))
                        .block(LIMIT)
                        .json()
                        .path("state")
                        .asString())
                .isEqualTo("succeeded");
        operator.call("POST", "/jobs/purge?route=brief", "").block(LIMIT);
        for (String job : jobs) {
            assertThat(client.get("/jobs/" + job).block(LIMIT).status()).isEqualTo(410);
        }
        JsonNode shown = client.get("/groups/" + group).block(LIMIT).json();
        assertThat(shown.path("jobs").path("succeeded").asInt())
                .as("they stay counted")
                .isEqualTo(2);
        assertThat(client.get("/groups/" + group + "/jobs").block(LIMIT).json().path("jobs"))
                .isEmpty();
        pass(Duration.ofHours(2));
        assertThat(receiver.of(jobs.get(0))).hasSize(1);
    }

    /** Lets time pass while no delivery is under way, and waits until those that are due by then have been looked for. */
    private static void pass(Duration time) {
        await().atMost(LIMIT).until(() -> deliveries("running").isEmpty());
        CLOCK.pass(time);
        receiver.first(accept("/steady", "Sluice-Callback", receiver.url("/204-time-has-passed")));
        await().atMost(LIMIT).until(() -> deliveries("running").isEmpty());
    }

    private static List<JsonNode> deliveries(String state) {
        return operator.get("/jobs?route=callbacks&limit=1000&state=" + state)
                .block(LIMIT)
                .json()
                .path("jobs")
                .valueStream()
                .toList();
    }

    private static java.time.Instant instant(JsonNode job, String member) {
        return java.time.Instant.parse(job.path(member).asString());
    }

    private static String group(String json, String callback) {
        Client.Answer created = client.call(
                        "POST", "/groups", json, "Content-Type", "application/json", "Sluice-Callback", callback)
                .block(LIMIT);
        assertThat(created.status()).as(created.body()).isEqualTo(201);
        return created.json().path("id").asString();
    }

    private static String accept(String path, String... fields) {
        Client.Answer answer = client.call("POST", path, "", fields).block(LIMIT);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("id").asString();
    }

    private static int complete(String url, String... fields) {
        return client.call("POST", url.substring(url.indexOf("/jobs/")), "made", fields)
                .block(LIMIT)
                .status();
    }
}
