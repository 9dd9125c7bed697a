package dev.sluice.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.job.JobStatus;
import dev.sluice.job.ResultInfo;
import dev.sluice.job.Transition;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.GroupLinks;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import dev.sluice.route.Route;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CallbackFollowUpsTest {

    private static final Instant AT = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final Instant END = AT.plusSeconds(9);
    private static final String URL = "https://Hooks.example.com/done?key=s";
    private static final JobJson JOBS = new JobJson(new JobLinks("/jobs"));
    private static final GroupJson GROUPS = new GroupJson(new GroupLinks("", "/groups"));

    private final Route route = DeliveryRoutes.usual();
    private final CallbackFollowUps followUps =
            new CallbackFollowUps(route, new JobIds(Clock.systemUTC()), JOBS, GROUPS);

    @Test
    void aDeliveryIsMadeOfTheEndAndHasItsTime() {
        Job running = job(URL);
        Job ended = running.apply(new Transition.Succeed(new ResultInfo(200, "text/plain", 3)), END)
                .job();
        List<FollowUp> made = followUps.of(running, ended);
        assertThat(made).hasSize(1);
        FollowUp delivery = made.get(0);
        assertThat(delivery.job().route()).isEqualTo("callbacks");
        assertThat(delivery.job().spec().acceptedAt()).isEqualTo(END);
        assertThat(delivery.job().id().millis()).isEqualTo(END.toEpochMilli());
        assertThat(delivery.job().spec().callback()).isNull();
        assertThat(delivery.job().request().method()).isEqualTo("POST");
        assertThat(delivery.job().request().target()).isEqualTo(URL);
        assertThat(delivery.job().request().headers().first("webhook-id")).contains("msg_" + ended.id());
        JsonNode message = json(delivery);
        assertThat(message.propertyNames()).containsExactly("type", "timestamp", "data");
        assertThat(message.path("type").asString()).isEqualTo("job.succeeded");
        assertThat(message.path("timestamp").asString()).isEqualTo("2026-11-23T13:41:16.123Z");
        assertThat(message.path("data")).isEqualTo(new JsonMapper().readTree(JOBS.job(ended)));
        assertThat(message.toString()).doesNotContain("Hooks");
    }

    /** Whoever asks twice for one end gets the same message under two ids, of which one is stored. */
    @Test
    void theMessageOfAnEndIsAlwaysTheSame() {
        Job running = job(URL);
        Job ended = running.apply(new Transition.Cancel(), END).job();
        FollowUp one = followUps.of(running, ended).get(0);
        FollowUp two = followUps.of(running, ended).get(0);
        assertThat(one.body()).isEqualTo(two.body());
        assertThat(one.job().id()).isNotEqualTo(two.job().id());
        assertThat(one.job().request()).isEqualTo(two.job().request());
        assertThat(json(one).path("type").asString()).isEqualTo("job.cancelled");
    }

    @Test
    void deliveriesToOneReceiverBelongTogether() {
        long one = caller("https://hooks.example.com/a");
        assertThat(caller("https://HOOKS.example.com/b?c")).isEqualTo(one).isNotZero();
        assertThat(caller("https://hooks.example.com:8443/a")).isNotEqualTo(one);
        assertThat(caller("https://other.example.com/a")).isNotEqualTo(one);
    }

    @Test
    void whatAskedForNothingIsNotTold() {
        Job running = job(null);
        assertThat(followUps.of(
                        running, running.apply(new Transition.Cancel(), END).job()))
                .isEmpty();
        assertThat(followUps.of(group(null))).isEmpty();
    }

    @Test
    void aMessageIsSmallWhateverTheBackendAnswered() {
        Job running = job(URL);
        Job ended = running.apply(new Transition.Succeed(new ResultInfo(200, "a/" + "b".repeat(60_000), 3)), END)
                .job();
        FollowUp delivery = followUps.of(running, ended).get(0);
        assertThat(delivery.body().length).isLessThan(2_000);
        assertThat(json(delivery).path("data").path("result").path("size").asInt())
                .isEqualTo(3);
    }

    @Test
    void theEndOfAGroupIsTold() {
        Group group = group(URL);
        JsonNode message = json(followUps.of(group).get(0));
        assertThat(message.path("type").asString()).isEqualTo("group.finished");
        assertThat(message.path("data")).isEqualTo(new JsonMapper().readTree(GROUPS.group(group, null)));
    }

    private long caller(String url) {
        Job running = job(url);
        FollowUp delivery = followUps
                .of(running, running.apply(new Transition.Cancel(), END).job())
                .get(0);
        assertThat(delivery.job().spec().turn()).isEqualTo(delivery.job().spec().caller());
        return delivery.job().spec().caller();
    }

    private static JsonNode json(FollowUp delivery) {
        return new JsonMapper().readTree(new String(delivery.body(), StandardCharsets.UTF_8));
    }

    private static Job job(@Nullable String callback) {
        JobSpec spec =
                JobSpec.builder(AT, 5, Duration.ofHours(1)).callback(callback).build();
        return new Job(
                new JobId(1, 2),
                "reports",
                1,
                spec,
                JobStatus.builder(JobState.RUNNING, AT).attempt(1).startedAt(AT).build());
    }

    private static Group group(@Nullable String callback) {
        return new Group(
                new GroupId(new JobId(3, 4)),
                new Group.Spec(AT, "batch", 0, Duration.ofHours(1), callback),
                7,
                AT,
                AT,
                END,
                new Group.Counts(0, 0, 2, 1, 0));
    }
}
