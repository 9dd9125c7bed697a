package dev.sluice.representation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Estimate;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Problem;
import dev.sluice.job.ResultInfo;
import dev.sluice.job.Transition;
import dev.sluice.representation.Representations.Resource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RepresentationsTest {

    private static final Instant AT = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final JobId ID = JobId.parse("01k9zv7m2c4w8h0t5x1q3r6y9a").orElseThrow();
    private static final String SELF = "/api/jobs/" + ID;
    private static final String BOTH = "<" + SELF + ">; rel=\"status\", <" + SELF + "/events>; rel=\"monitor\"";

    private final JobJson json = new JobJson(new JobLinks("/jobs"));
    private final Representations representations = new Representations(json);
    private final JobRepresentation status = representations.of("reports", Resource.STATUS);
    private final JobRepresentation operation = representations.of("reports", Resource.OPERATION);
    private final Job queued = new Job(
            ID, "reports", 1, JobSpec.builder(AT, 5, Duration.ofHours(1)).build(), JobStatus.accepted(AT));
    private final Job running = queued.apply(new Transition.Start(), AT).job();
    private final Job cancelled = queued.apply(new Transition.Cancel(), AT).job();
    private final Job succeeded = running.apply(
                    new Transition.Succeed(new ResultInfo(200, "text/plain", 5)), AT.plusSeconds(2))
            .job();
    private final JobView view = new JobView(
            queued, 3, new Estimate(AT.plusSeconds(1), AT.plusSeconds(2)), 2, "https://gateway.example", "/api");

    private static JobView view(Job job) {
        return new JobView(job, "https://gateway.example", "/api");
    }

    /** Status and fields on a line each. */
    private static List<String> head(RenderedResponse response) {
        List<String> head = new ArrayList<>(List.of(Integer.toString(response.status())));
        for (int i = 0; i < response.fields().size(); i += 2) {
            head.add(response.fields().get(i) + ": " + response.fields().get(i + 1));
        }
        if (response.contentType() != null) {
            head.add("Content-Type: " + response.contentType());
        }
        return head;
    }

    private static String body(RenderedResponse response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    private String job(Job job) {
        return new String(json.behind("/api").job(job), StandardCharsets.UTF_8);
    }

    @Test
    void anAcceptanceSaysWhereTheJobIs() {
        RenderedResponse accepted =
                representations.of("reports", Resource.ROUTE).accepted(view);
        assertThat(head(accepted))
                .containsExactly(
                        "202",
                        "Location: " + SELF,
                        "Link: " + BOTH,
                        "Operation-Location: https://gateway.example" + SELF + "/operation",
                        "Cache-Control: no-store",
                        "Retry-After: 2",
                        "Content-Type: application/json");
        assertThat(body(accepted))
                .isEqualTo(new String(json.behind("/api").job(queued, 3, view.estimate()), StandardCharsets.UTF_8));
    }

    @Test
    void aStatusHasATagAndUnchangedIsWithoutBody() {
        assertThat(head(status.status(view)))
                .containsExactly(
                        "200",
                        "Cache-Control: no-cache",
                        "ETag: W/\"j1\"",
                        "Retry-After: 2",
                        "Content-Type: application/json");
        assertThat(head(status.unchanged(view)))
                .containsExactly("304", "Cache-Control: no-cache", "ETag: W/\"j1\"", "Retry-After: 2");
        assertThat(status.unchanged(view).body()).isEmpty();
        assertThat(head(status.status(view(succeeded))))
                .as("a finished job is not looked at again")
                .containsExactly("200", "Cache-Control: no-cache", "ETag: W/\"j3\"", "Content-Type: application/json");
    }

    @Test
    void aFinishedJobRedirectsToItsResult() {
        assertThat(head(status.seeResult(view(succeeded))))
                .containsExactly("303", "Cache-Control: no-cache", "Location: " + SELF + "/result");
    }

    @Test
    void aCancelledJobIsShownAsItIs() {
        RenderedResponse shown = status.cancelled(view(cancelled));
        assertThat(head(shown)).containsExactly("200", "Cache-Control: no-store", "Content-Type: application/json");
        assertThat(body(shown)).isEqualTo(job(cancelled));
    }

    @Test
    void anUnfinishedResultIsTheJob() {
        JobRepresentation result = representations.of("reports", Resource.RESULT);
        assertThat(head(result.unfinished(view)))
                .containsExactly(
                        "202",
                        "Location: " + SELF,
                        "Cache-Control: no-store",
                        "Retry-After: 2",
                        "Content-Type: application/json");
        assertThat(result.resultLink(view(succeeded))).isEqualTo("<" + SELF + ">; rel=\"status\"");
        assertThat(result.directLink(view(succeeded))).isEqualTo(BOTH);
    }

    @Test
    void aJobWithoutAnAnswerIsAProblem() {
        assertThat(status.withoutResult(cancelled).problem()).isEqualTo(Problem.JOB_CANCELLED);
        Failure why = new Failure(Problem.BACKEND_TIMEOUT, "no answer within 60 s");
        Job failed = running.apply(new Transition.Fail(why, null), AT).job();
        assertThat(status.withoutResult(failed).failure()).isEqualTo(why);
    }

    @Test
    void aProblemIsADocument() {
        RenderedResponse named = status.problem(ProblemDocument.of(new Failure(Problem.NO_JOB, "none")));
        assertThat(head(named))
                .containsExactly("404", "Cache-Control: no-store", "Content-Type: application/problem+json");
        assertThat(body(named))
                .isEqualTo("{\"type\":\"urn:sluice:problem:no-job\",\"title\":\"There is no such job\",\"status\":404,"
                        + "\"detail\":\"none\",\"retryable\":false}");
        assertThat(body(status.problem(ProblemDocument.blank(403, "Forbidden", null))))
                .isEqualTo("{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"retryable\":false}");
    }

    @Test
    void anOperationIsInTheWordsOfItsPollers() {
        RenderedResponse shown = operation.status(view);
        assertThat(head(shown))
                .containsExactly("200", "Cache-Control: no-cache", "Retry-After: 2", "Content-Type: application/json");
        assertThat(body(shown))
                .isEqualTo("{\"id\":\"" + ID + "\",\"status\":\"NotStarted\","
                        + "\"createdDateTime\":\"2026-11-23T13:41:07.123Z\","
                        + "\"lastActionDateTime\":\"2026-11-23T13:41:07.123Z\"}");
        assertThat(body(operation.status(view(succeeded))))
                .isEqualTo("{\"id\":\"" + ID + "\",\"status\":\"Succeeded\","
                        + "\"createdDateTime\":\"2026-11-23T13:41:07.123Z\","
                        + "\"lastActionDateTime\":\"2026-11-23T13:41:09.123Z\",\"percentComplete\":100,"
                        + "\"resourceLocation\":\"https://gateway.example" + SELF + "/result\"}");
    }

    @Test
    void onlyTheStatusOfAnOperationDiffers() {
        assertThat(operation.entityTag(queued)).isNull();
        assertThat(Stream.of(status, operation)
                        .map(each -> head(each.accepted(view)))
                        .distinct())
                .hasSize(1);
        assertThat(Stream.of(Resource.ROUTE, Resource.STATUS, Resource.RESULT)
                        .map(resource -> representations.of("reports", resource))
                        .distinct())
                .containsExactly(representations.usual());
    }
}
