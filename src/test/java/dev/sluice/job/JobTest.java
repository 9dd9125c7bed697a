package dev.sluice.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JobTest {

    private static final Instant T0 = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final Failure FAILURE = new Failure(Problem.BACKEND_TIMEOUT, "too late");
    private static final ResultInfo RESULT = new ResultInfo(200, "text/plain", 3);

    private static final Map<String, Transition> MOVES = Map.of(
            "start", new Transition.Start(),
            "report progress", new Transition.Report(new Progress(40.0, "page 4"), "{\"page\":4}"),
            "emit output", new Transition.Emit(Output.text("a piece", 0, 0)),
            "requeue", new Transition.Requeue(RequeueReason.RETRY, T0, FAILURE),
            "lose", new Transition.Lose(),
            "succeed", new Transition.Succeed(RESULT),
            "fail", new Transition.Fail(FAILURE, RESULT),
            "miss its deadline", new Transition.MissDeadline(),
            "cancel", new Transition.Cancel());

    private static final Map<JobState, Set<String>> LEGAL = Map.of(
            JobState.QUEUED, Set.of("start", "fail", "miss its deadline", "cancel"),
            JobState.RUNNING,
                    Set.of(
                            "report progress",
                            "emit output",
                            "requeue",
                            "lose",
                            "succeed",
                            "fail",
                            "miss its deadline",
                            "cancel"),
            JobState.SUCCEEDED, Set.of(),
            JobState.FAILED, Set.of(),
            JobState.CANCELLED, Set.of());

    private final Job queued = new Job(
            new JobId(1, 2),
            "reports",
            1,
            JobSpec.builder(T0, 3, Duration.ofHours(1))
                    .deadline(T0.plusSeconds(90))
                    .build(),
            JobStatus.accepted(T0));

    @Test
    void exactlyTheLegalMovesAreMade() {
        for (Job job : oneInEachState()) {
            MOVES.forEach((name, move) -> {
                if (LEGAL.get(job.state()).contains(name)) {
                    Job.Step step = job.apply(move, T0.plusSeconds(1));
                    assertThat(step.job().lastSeq()).isEqualTo(job.lastSeq() + 1);
                    assertThat(step.event().seq()).isEqualTo(job.lastSeq() + 1);
                    assertThat(step.event().job()).isEqualTo(job.id());
                } else {
                    assertThatThrownBy(() -> job.apply(move, T0))
                            .isInstanceOf(IllegalTransitionException.class)
                            .hasMessageContaining(name)
                            .hasMessageContaining(job.state().text());
                }
            });
        }
    }

    @Test
    void startingCountsATryAndRaisesTheFence() {
        Job running = queued.apply(new Transition.Start(), T0).job();
        assertThat(running.attempt()).isEqualTo(1);
        assertThat(running.fence()).isEqualTo(queued.fence() + 1);
        assertThat(running.startedAt()).isEqualTo(T0);
    }

    @Test
    void progressIsThatOfTheLatestAttemptAndSaysNothingOfASuccess() {
        Progress progress = new Progress(40.0, "page 4");
        Job reported = queued.apply(new Transition.Start(), T0)
                .job()
                .apply(MOVES.get("report progress"), T0)
                .job();
        assertThat(reported.progress()).isEqualTo(progress);
        assertThat(reported.startedAt()).isEqualTo(T0);
        assertThat(reported.apply(MOVES.get("fail"), T0).job().progress()).isEqualTo(progress);
        assertThat(reported.apply(MOVES.get("cancel"), T0).job().progress()).isEqualTo(progress);
        assertThat(reported.apply(MOVES.get("succeed"), T0).job().progress()).isNull();
        Job again = reported.apply(MOVES.get("requeue"), T0).job();
        assertThat(again.progress()).isEqualTo(progress);
        assertThat(again.apply(new Transition.Start(), T0).job().progress()).isNull();
    }

    @Test
    void progressIsAPercentageAndAShortMessage() {
        for (double wrong : new double[] {-0.01, 100.01, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new Progress(wrong, null)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(new Progress(-0.0, null)).isEqualTo(new Progress(0.0, null));
        assertThat(new Progress(100.0, "🚰".repeat(500)).message()).hasSize(1000);
        assertThatThrownBy(() -> new Progress(null, "x".repeat(501))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anOrderlyStopIsNoTryALostNodeIs() {
        Job running = queued.apply(new Transition.Start(), T0).job();
        Transition stop = new Transition.Requeue(RequeueReason.NODE_STOPPED, T0, null);
        assertThat(running.apply(stop, T0).job().attempt()).isZero();
        assertThat(running.apply(new Transition.Lose(), T0).job().attempt()).isEqualTo(1);
    }

    @Test
    void aCallThatNeverLeftIsNeitherAnAttemptNorATry() {
        Job back = requeued(queued, RequeueReason.UNREACHABLE, false);
        assertThat(back.attempt()).isZero();
        assertThat(back.tries()).isZero();
        assertThat(back.failure()).isEqualTo(FAILURE);
    }

    @Test
    void whatTheBackendMayHaveSeenHasItsNumberAlthoughItIsNoTry() {
        for (RequeueReason reason : List.of(RequeueReason.RETRY_AFTER, RequeueReason.NODE_STOPPED)) {
            Job back = requeued(queued, reason, true);
            assertThat(back.attempt()).isEqualTo(1);
            assertThat(back.tries()).isZero();
            Job again = requeued(back, RequeueReason.RETRY, true);
            assertThat(again.attempt()).isEqualTo(2);
            assertThat(again.tries()).isEqualTo(1);
        }
    }

    @Test
    void aJobIsGivenUpOnlyWhileItWaitsForWhatUsesUpNoTry() {
        Job untimely = new Job(
                queued.id(),
                "reports",
                1,
                queued.spec().toBuilder().deadline(null).build(),
                JobStatus.accepted(T0));
        Instant giveUpAt = T0.plusSeconds(60);
        assertThat(untimely.overdueAt()).isNull();
        Job waiting = requeued(untimely, RequeueReason.UNREACHABLE, false);
        assertThat(waiting.overdueAt()).isEqualTo(giveUpAt);
        assertThat(requeued(queued, RequeueReason.UNREACHABLE, false).overdueAt())
                .isEqualTo(giveUpAt);
        Job running = waiting.apply(new Transition.Start(), T0).job();
        assertThat(running.overdueAt()).isNull();
        assertThat(requeued(waiting, RequeueReason.NODE_STOPPED, true).overdueAt())
                .isEqualTo(giveUpAt);
        assertThat(requeued(waiting, RequeueReason.RETRY, true).overdueAt()).isNull();

        Job given = waiting.apply(new Transition.MissDeadline(), giveUpAt).job();
        assertThat(given.givenUp()).isTrue();
        assertThat(given.failure()).isEqualTo(FAILURE);
        assertThat(given.finishedAt()).isEqualTo(giveUpAt);
        Job failed = running.apply(new Transition.Fail(FAILURE, null), T0).job();
        assertThat(failed.givenUp()).as("an attempt ended it").isFalse();
    }

    private static Job requeued(Job job, RequeueReason reason, boolean called) {
        Job running = job.apply(new Transition.Start(), T0).job();
        return running.apply(new Transition.Requeue(reason, T0, FAILURE, called, T0.plusSeconds(60)), T0)
                .job();
    }

    @Test
    void losingTheLastTryLeavesTheOutcomeUnknown() {
        Job job = queued;
        for (int attempt = 1; attempt < 3; attempt++) {
            job = job.apply(new Transition.Start(), T0).job();
            job = job.apply(new Transition.Lose(), T0).job();
            assertThat(job.state()).isEqualTo(JobState.QUEUED);
        }
        job = job.apply(new Transition.Start(), T0).job();
        job = job.apply(new Transition.Lose(), T0).job();
        assertThat(job.state()).isEqualTo(JobState.FAILED);
        assertThat(job.failure()).isNotNull();
        assertThat(job.failure().problem()).isEqualTo(Problem.OUTCOME_UNKNOWN);
    }

    @Test
    void isKeptForItsRetentionAndAsLongAsItsKeyHolds() {
        Job running = queued.apply(new Transition.Start(), T0).job();
        assertThat(running.expiresAt()).isNull();
        Job done = running.apply(new Transition.Succeed(RESULT), T0).job();
        assertThat(done.expiresAt()).isEqualTo(T0.plus(Duration.ofHours(1)));
    }

    @Test
    void aMissedDeadlineSaysWhichItWas() {
        Job missed =
                queued.apply(new Transition.MissDeadline(), T0.plusSeconds(91)).job();
        assertThat(missed.state()).isEqualTo(JobState.FAILED);
        assertThat(missed.failure().problem()).isEqualTo(Problem.DEADLINE_EXCEEDED);
        assertThat(missed.failure().detail()).contains("2026-11-23T13:42:37.123Z");
        assertThat(missed.finishedAt()).isEqualTo(T0.plusSeconds(91));
    }

    private List<Job> oneInEachState() {
        Job running = queued.apply(new Transition.Start(), T0).job();
        return List.of(
                queued,
                running,
                running.apply(MOVES.get("succeed"), T0).job(),
                running.apply(MOVES.get("fail"), T0).job(),
                running.apply(MOVES.get("cancel"), T0).job());
    }
}
