package dev.sluice.representation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Estimate;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Output;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.ResultInfo;
import dev.sluice.job.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JobJsonTest {

    private static final JsonMapper JACKSON = new JsonMapper();
    private static final Instant AT = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final JobId ID = JobId.parse("01k9zv7m2c4w8h0t5x1q3r6y9a").orElseThrow();

    private final JobJson json = new JobJson(new JobLinks("/jobs"));
    private final Job queued = new Job(
            ID,
            "reports",
            1,
            JobSpec.builder(AT, 5, Duration.ofHours(1))
                    .estimate(new Estimate(AT.plusSeconds(1), AT.plusSeconds(3)))
                    .build(),
            JobStatus.accepted(AT));

    @Test
    void whatIsNotKnownOfTheQueueIsLeftOut() {
        assertThat(text(json.job(queued))).doesNotContain("position").doesNotContain("estimate");
    }

    @Test
    void linksStandBehindThePrefixOfAProxy() {
        String id = queued.id().toString();
        assertThat(text(json.behind("/api").job(queued)))
                .contains("\"self\":\"/api/jobs/" + id + "\"")
                .contains("\"result\":\"/api/jobs/" + id + "/result\"");
        assertThat(new JobLinks("/jobs").behind("/api").self(queued.id())).isEqualTo("/api/jobs/" + id);
        assertThat(json.behind("")).isSameAs(json);
    }

    @Test
    void aQueuedJobHasWhatAppliesAndNothingElse() {
        assertThat(text(json.job(queued, 12, queued.spec().estimate())))
                .isEqualTo("{\"id\":\"01k9zv7m2c4w8h0t5x1q3r6y9a\",\"route\":\"reports\",\"state\":\"queued\","
                        + "\"acceptedAt\":\"2026-11-23T13:41:07.123Z\",\"attempt\":0,\"maxAttempts\":5,\"position\":12,"
                        + "\"estimate\":{\"startAt\":\"2026-11-23T13:41:08.123Z\",\"finishAt\":\"2026-11-23T13:41:10.123Z\"},"
                        + "\"links\":{\"self\":\"/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a\","
                        + "\"events\":\"/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a/events\","
                        + "\"result\":\"/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a/result\"}}");
    }

    @Test
    void aJobThatWaitsForAnotherTrySaysWhenAndWhy() {
        Failure why = new Failure(Problem.BACKEND_TIMEOUT, "no answer within 60 s");
        Job waiting = running()
                .apply(new Transition.Requeue(RequeueReason.RETRY, AT.plusSeconds(9), why), AT.plusSeconds(1))
                .job();
        JsonNode node = JACKSON.readTree(json.job(waiting));
        assertThat(node.get("nextAttemptAt").asString()).isEqualTo("2026-11-23T13:41:16.123Z");
        assertThat(node.get("startedAt").asString()).isEqualTo("2026-11-23T13:41:07.123Z");
        assertThat(node.get("attempt").asInt()).isEqualTo(1);
        assertThat(node.get("failure"))
                .isEqualTo(JACKSON.readTree(ProblemDocument.of(why).json()))
                .isEqualTo(JACKSON.readTree("{\"type\":\"urn:sluice:problem:backend-timeout\","
                        + "\"title\":\"The backend did not answer in time\",\"status\":504,"
                        + "\"detail\":\"no answer within 60 s\",\"retryable\":true}"));
    }

    @Test
    void triesAreShownWhereTheyDifferFromTheAttempt() {
        Transition later = new Transition.Requeue(RequeueReason.RETRY_AFTER, AT, null, true, null);
        JsonNode node = JACKSON.readTree(json.job(running().apply(later, AT).job()));
        assertThat(node.get("attempt").asInt()).isEqualTo(1);
        assertThat(node.get("tries").asInt()).isZero();
        assertThat(JACKSON.readTree(json.job(running())).has("tries")).isFalse();
    }

    @Test
    void aFinishedJobHasItsResultAndNoEstimate() {
        Job done = running()
                .apply(new Transition.Succeed(new ResultInfo(200, "application/pdf", 10_233)), AT.plusSeconds(2))
                .job();
        JsonNode node = JACKSON.readTree(json.job(done));
        assertThat(node.get("state").asString()).isEqualTo("succeeded");
        assertThat(node.get("finishedAt").asString()).isEqualTo("2026-11-23T13:41:09.123Z");
        assertThat(node.has("estimate")).isFalse();
        assertThat(node.has("failure")).isFalse();
        assertThat(node.get("result"))
                .isEqualTo(JACKSON.readTree("{\"status\":200,\"contentType\":\"application/pdf\",\"size\":10233,"
                        + "\"expiresAt\":\"2026-11-23T14:41:09.123Z\"}"));
    }

    @Test
    void aFinalEventHasTheMembersOfTheJob() {
        Job.Step step = queued.apply(new Transition.Cancel(), AT.plusSeconds(5));
        JsonNode node = JACKSON.readTree(json.event(step.event()));
        assertThat(node.get("job").asString()).isEqualTo(ID.toString());
        assertThat(node.get("seq").asInt()).isEqualTo(2);
        assertThat(node.get("at").asString()).isEqualTo("2026-11-23T13:41:12.123Z");
        JACKSON.readTree(json.job(step.job()))
                .properties()
                .forEach(member -> assertThat(node.get(member.getKey())).isEqualTo(member.getValue()));
    }

    @Test
    void otherEventsHaveWhatBelongsToTheirKind() {
        assertThat(text(json.event(queued.accepted())))
                .isEqualTo("{\"job\":\"01k9zv7m2c4w8h0t5x1q3r6y9a\",\"seq\":1,\"at\":\"2026-11-23T13:41:07.123Z\","
                        + "\"route\":\"reports\",\"estimate\":{\"startAt\":\"2026-11-23T13:41:08.123Z\","
                        + "\"finishAt\":\"2026-11-23T13:41:10.123Z\"}}");
        assertThat(text(json.event(new JobEvent.Started(ID, "reports", 2, AT, 1))))
                .isEqualTo("{\"job\":\"01k9zv7m2c4w8h0t5x1q3r6y9a\",\"seq\":2,\"at\":\"2026-11-23T13:41:07.123Z\","
                        + "\"attempt\":1}");
        assertThat(text(json.event(new JobEvent.Requeued(ID, "reports", 3, AT, RequeueReason.NODE_LOST, AT, null))))
                .isEqualTo("{\"job\":\"01k9zv7m2c4w8h0t5x1q3r6y9a\",\"seq\":3,\"at\":\"2026-11-23T13:41:07.123Z\","
                        + "\"reason\":\"node-lost\",\"nextAttemptAt\":\"2026-11-23T13:41:07.123Z\"}");
    }

    @Test
    void aReportShowsInItsEventAndInTheJobAsLongAsItApplies() {
        Progress progress = new Progress(40.0, "page \"4\"");
        Job.Step step = running().apply(new Transition.Report(progress, "{\"page\":4,\"of\":{}}"), AT);
        assertThat(text(json.event(step.event())))
                .isEqualTo("{\"job\":\"01k9zv7m2c4w8h0t5x1q3r6y9a\",\"seq\":3,\"at\":\"2026-11-23T13:41:07.123Z\","
                        + "\"percent\":40.00,\"message\":\"page \\\"4\\\"\",\"page\":4,\"of\":{}}");
        JsonNode shown = JACKSON.readTree(json.job(step.job())).get("progress");
        assertThat(shown).isEqualTo(JACKSON.readTree("{\"percent\":40.00,\"message\":\"page \\\"4\\\"\"}"));

        JobEvent nothing = new JobEvent.Reported(ID, "reports", 3, AT, new Progress(null, null), null);
        assertThat(text(json.event(nothing)))
                .isEqualTo("{\"job\":\"01k9zv7m2c4w8h0t5x1q3r6y9a\",\"seq\":3,\"at\":\"2026-11-23T13:41:07.123Z\"}");
        Job done = step.job()
                .apply(new Transition.Succeed(new ResultInfo(200, null, 0)), AT)
                .job();
        assertThat(JACKSON.readTree(json.job(done)).has("progress")).isFalse();
    }

    @Test
    void aPieceOfAnAnswerIsTextOrWhatItIs() {
        String head = "{\"job\":\"01k9zv7m2c4w8h0t5x1q3r6y9a\",\"seq\":3,\"at\":\"2026-11-23T13:41:07.123Z\",";
        assertThat(text(json.event(new JobEvent.Emitted(ID, "reports", 3, AT, Output.text("a\n½", 0, 0)))))
                .isEqualTo(head + "\"text\":\"a\\u000a½\"}");
        assertThat(text(json.event(new JobEvent.Emitted(
                        ID,
                        "reports",
                        3,
                        AT,
                        new Output(false, Base64.getDecoder().decode("Af8="), 0, 0)))))
                .isEqualTo(head + "\"base64\":\"Af8=\"}");
        assertThat(text(json.event(new JobEvent.Emitted(ID, "reports", 3, AT, Output.text("a", 2, 1L << 33)))))
                .isEqualTo(head + "\"text\":\"a\",\"attempt\":2,\"offset\":8589934592}");
    }

    @Test
    void anyTextSurvives() {
        StringBuilder all = new StringBuilder();
        for (char c = 0; c < 0x3000; c++) {
            all.append(c);
        }
        all.append("\uD83D\uDE00 end");
        byte[] written = ProblemDocument.of(new Failure(Problem.BACKEND_STATUS, all.toString()))
                .json();
        assertThat(JACKSON.readTree(written).get("detail").asString()).isEqualTo(all.toString());
        for (byte b : written) {
            assertThat(b < 0 || b >= 0x20)
                    .as("no control character is written as it is")
                    .isTrue();
        }
    }

    @Test
    void halfACharacterDoesNoHarm() {
        byte[] written = ProblemDocument.of(new Failure(Problem.BACKEND_STATUS, "a\uD83Db"))
                .json();
        assertThat(JACKSON.readTree(written).get("detail").asString()).isEqualTo("a?b");
    }

    @Test
    void instantsAreAsTheJdkWritesThem() {
        DateTimeFormatter jdk =
                DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
        long last = Instant.parse("9999-12-30T23:59:59.999Z").toEpochMilli();
        Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            Instant instant = Instant.ofEpochMilli(random.nextLong(last));
            assertThat(written(instant)).isEqualTo(jdk.format(instant));
        }
        for (String edge : new String[] {
            "1970-01-01T00:00:00Z",
            "2000-02-29T23:59:59.999Z",
            "2100-02-28T00:00:00Z",
            "2100-03-01T00:00:00Z",
            "2400-02-29T12:00:00Z",
            "2027-12-31T23:59:59.999Z"
        }) {
            assertThat(written(Instant.parse(edge))).isEqualTo(jdk.format(Instant.parse(edge)));
        }
        assertThat(written(Instant.MAX)).isEqualTo("+1000000000-12-31T23:59:59.999Z");
    }

    private static String written(Instant instant) {
        byte[] bytes = new JsonWriter().begin().member("at", instant).end().bytes();
        return JACKSON.readTree(bytes).get("at").asString();
    }

    private Job running() {
        return queued.apply(new Transition.Start(), AT).job();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
