package dev.sluice.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.Outcome;
import dev.sluice.callbacks.DeliveryRoutes;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whether, when and at what price the backend is called again, without any backend. */
class NextCallTest {

    private static final Instant T = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final Outcome.Failed<Object> NEVER_LEFT =
            new Outcome.Failed<>(new Failure(Problem.BACKEND_UNREACHABLE, "refused"), false);

    private final Route route =
            Routes.route("r", "/r", "http://localhost:1", "backoff=1s", "max-backoff=60s", "give-up=1h");

    @Test
    void anOutageCostsFewCallsAndNoTryAndEndsWhenTheJobIsGivenUp() {
        Job job = accepted(1, T);
        Instant now = T;
        int calls = 0;
        Transition move = next(started(job, now), now).after(NEVER_LEFT);
        for (; move instanceof Transition.Requeue again; calls++) {
            assertThat(again.reason()).isEqualTo(RequeueReason.UNREACHABLE);
            assertThat(again.giveUpAt()).isEqualTo(T.plus(Duration.ofHours(1)));
            job = started(job, now).apply(move, now).job();
            assertThat(job.attempt()).isZero();
            now = again.dueAt();
            move = next(started(job, now), now).after(NEVER_LEFT);
        }
        assertThat(calls).as("in an hour without any other protection").isBetween(60, 200);
        assertThat(now).isBetween(T.plus(Duration.ofHours(1)), T.plus(Duration.ofMinutes(61)));
        assertThat(move).isInstanceOf(Transition.Fail.class);
    }

    /** As after a delay that the client asked for, or the job would be given up before it was ever due. */
    @Test
    void theTimeToGiveUpBeginsWhenTheJobIsDue() {
        Job delayed = started(accepted(1, T.plus(Duration.ofHours(5))), T.plus(Duration.ofHours(5)));
        Transition move = next(delayed, T.plus(Duration.ofHours(5))).after(NEVER_LEFT);
        assertThat(move)
                .isInstanceOfSatisfying(
                        Transition.Requeue.class,
                        again -> assertThat(again.giveUpAt()).isEqualTo(T.plus(Duration.ofHours(6))));
    }

    @Test
    void zeroSecondsAreNoLoop() {
        Transition.Requeue again =
                next(started(accepted(2, T), T), T).after(new JobResult(503, Headers.of("Retry-After", "0")));
        assertThat(again).isNotNull();
        assertThat(again.reason()).isEqualTo(RequeueReason.RETRY);
        assertThat(again.dueAt()).isAfterOrEqualTo(T.plusSeconds(1));
    }

    @Test
    void anAnswerIsFinalIfTheJobIsGivenUpBeforeTheBackendMayBeCalledAgain() {
        Instant late = T.plus(Duration.ofMinutes(59)).plusSeconds(30);
        JobResult unavailable = new JobResult(503, Headers.of("Retry-After", "60"));
        assertThat(next(started(accepted(9, T), late), late).after(unavailable)).isNull();
        assertThat(next(started(accepted(9, T), T), T).after(unavailable)).isNotNull();
    }

    @Test
    void aCallbackIsDeliveredForADay() {
        Job job = accepted(200, T);
        Instant now = T;
        int calls = 0;
        Transition move;
        do {
            Job claimed = started(job, now);
            calls++;
            move = calls % 2 == 0
                    ? delivery(claimed, now).after(NEVER_LEFT) // counts like any other
                    : delivery(claimed, now).after(new JobResult(500, Headers.NONE));
            if (move instanceof Transition.Requeue again) {
                assertThat(again.reason()).isEqualTo(RequeueReason.RETRY);
                assertThat(Duration.between(now, again.dueAt())).isBetween(Duration.ofSeconds(5), Duration.ofHours(1));
                job = claimed.apply(move, now).job();
                assertThat(job.tries()).isEqualTo(calls);
                now = again.dueAt();
            }
        } while (move instanceof Transition.Requeue);
        assertThat(calls).isBetween(30, 150);
        assertThat(now).isBetween(T.plus(Duration.ofHours(24)), T.plus(Duration.ofHours(25)));
    }

    @Test
    void theAnswerOfAReceiverDecides() {
        NextCall first = delivery(started(accepted(200, T), T), T);
        for (int status : new int[] {300, 302, 304, 400, 401, 404, 408, 500, 503, 599}) {
            assertThat(first.after(new JobResult(status, Headers.NONE)))
                    .as("" + status)
                    .isNotNull();
        }
        assertThat(first.after(new JobResult(410, Headers.NONE))).isNull();
        for (int status : new int[] {429, 503}) {
            Transition.Requeue later = first.after(new JobResult(status, Headers.of("Retry-After", "7200")));
            assertThat(later).isNotNull();
            assertThat(later.dueAt()).isEqualTo(T.plusSeconds(7200));
        }
        assertThat(DeliveryRoutes.usual().call().success().contains(302)).isFalse();
        assertThat(DeliveryRoutes.usual().call().success().contains(204)).isTrue();
    }

    /** As after an outage of the gateway itself. */
    @Test
    void aCallbackThatIsLateIsTriedSeveralTimesAllTheSame() {
        Instant late = T.plus(Duration.ofDays(3));
        assertThat(delivery(started(accepted(200, T), late), late).after(new JobResult(500, Headers.NONE)))
                .isNotNull();
    }

    @Test
    void aCallbackIsTriedAgainWhateverIsWrongWithItsReceiver() {
        NextCall first = delivery(started(accepted(200, T), T), T);
        for (Problem problem : new Problem[] {Problem.BACKEND_PROTOCOL_ERROR, Problem.BACKEND_ANSWER_TOO_LARGE}) {
            assertThat(first.after(new Outcome.Failed<>(new Failure(problem, "no HTTP", false), true)))
                    .as(problem.name())
                    .isInstanceOf(Transition.Requeue.class);
        }
        assertThat(first.after(new Outcome.Failed<>(new Failure(Problem.CALLBACK_REFUSED, "gone", false), false)))
                .isInstanceOf(Transition.Fail.class);
    }

    private static NextCall delivery(Job claimed, Instant now) {
        return new NextCall(claimed, DeliveryRoutes.usual().call(), now, new Random(7));
    }

    private NextCall next(Job claimed, Instant now) {
        return new NextCall(claimed, route.call(), now, new Random(1));
    }

    private static Job started(Job queued, Instant now) {
        return queued.apply(new Transition.Start(), now).job();
    }

    private static Job accepted(int attempts, Instant dueAt) {
        return new Job(
                new JobId(1, 2),
                "r",
                1,
                JobSpec.builder(T, attempts, Duration.ofHours(1)).build(),
                JobStatus.accepted(dueAt));
    }
}
