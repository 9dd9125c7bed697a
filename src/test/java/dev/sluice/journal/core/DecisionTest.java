package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class DecisionTest {

    private static final JobId ID = new JobId(1, 2);
    private static final Instant NOW = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final Failure FAILURE = new Failure(Problem.BACKEND_TIMEOUT, "The backend did not answer.");

    private static final Transition CANCEL = new Transition.Cancel();
    private static final Transition FAIL = new Transition.Fail(FAILURE, null);
    private static final Transition LOSE = new Transition.Lose();
    private static final Transition START = new Transition.Start();
    private static final Transition REPORT = new Transition.Report(new Progress(1.0, null), null);
    private static final Transition RETRY = new Transition.Requeue(RequeueReason.RETRY, NOW, FAILURE);
    private static final Transition MISS = new Transition.MissDeadline();

    private record Case(
            String name,
            @Nullable Job job,
            boolean leased,
            Guard guard,
            @Nullable Job claimed,
            Transition move,
            Class<? extends Decision> expected) {}

    @TestFactory
    List<DynamicTest> eachGuardLetsThroughWhatItShould() {
        Job queued = job(JobState.QUEUED, null);
        Job running = job(JobState.RUNNING, null);
        Job done = job(JobState.SUCCEEDED, null);
        Job late = job(JobState.RUNNING, NOW);
        Job notYet = job(JobState.RUNNING, NOW.plusMillis(1));
        Class<Decision.Step> step = Decision.Step.class;
        Class<Decision.Stale> stale = Decision.Stale.class;
        Class<Decision.Refused> refused = Decision.Refused.class;
        Class<Decision.Nothing> nothing = Decision.Nothing.class;
        return List.of(
                        new Case("cancel unknown", null, false, Guard.ANYONE, null, CANCEL, nothing),
                        new Case("cancel queued", queued, false, Guard.ANYONE, null, CANCEL, step),
                        new Case("cancel running", running, true, Guard.ANYONE, null, CANCEL, step),
                        new Case("cancel finished", done, false, Guard.ANYONE, null, CANCEL, refused),
                        new Case("report on queued", queued, false, Guard.ANYONE, null, REPORT, refused),
                        new Case("report on running", running, false, Guard.ANYONE, null, REPORT, step),
                        new Case("start queued", queued, false, Guard.ANYONE, null, START, step),
                        new Case("end by holder", running, true, Guard.HOLDER, running, FAIL, step),
                        new Case("end by holder, lease out", running, false, Guard.HOLDER, running, FAIL, stale),
                        new Case("end by older fence", running, true, Guard.HOLDER, queued, FAIL, stale),
                        new Case("end by nobody", running, true, Guard.HOLDER, null, FAIL, stale),
                        new Case("end when finished", done, true, Guard.HOLDER, running, FAIL, stale),
                        new Case("end of unknown", null, true, Guard.HOLDER, running, FAIL, stale),
                        new Case("start by holder", running, true, Guard.HOLDER, running, START, refused),
                        new Case("lose, lease out", running, false, Guard.LEASE_OUT, null, LOSE, step),
                        new Case("lose, leased", running, true, Guard.LEASE_OUT, null, LOSE, nothing),
                        new Case("lose queued", queued, false, Guard.LEASE_OUT, null, LOSE, nothing),
                        new Case("lose finished", done, false, Guard.LEASE_OUT, null, LOSE, nothing),
                        new Case("deadline passed", late, true, Guard.DEADLINE_PASSED, null, MISS, step),
                        new Case("deadline to come", notYet, true, Guard.DEADLINE_PASSED, null, MISS, nothing),
                        new Case("no deadline", running, true, Guard.DEADLINE_PASSED, null, MISS, nothing))
                .stream()
                .map(one -> DynamicTest.dynamicTest(
                        one.name(), () -> assertThat(decide(one)).isInstanceOf(one.expected())))
                .toList();
    }

    @Test
    void whatToCountFollowsFromTheStep() {
        Job queued = job(JobState.QUEUED, null);
        Job running = job(JobState.RUNNING, null);
        assertCounts(queued, START, 1, true, false, false);
        assertCounts(running, REPORT, 0, false, false, false);
        assertCounts(running, RETRY, -1, false, true, false);
        assertCounts(running, FAIL, -1, false, false, true);
        assertCounts(queued, CANCEL, 0, true, false, true);
    }

    @Test
    void aRefusalSaysWhatTheJobIs() {
        Job done = job(JobState.SUCCEEDED, null);
        assertThat(decide(new Case("", done, false, Guard.ANYONE, null, CANCEL, Decision.Refused.class)))
                .asInstanceOf(type(Decision.Refused.class))
                .satisfies(refused -> assertThat(refused.error().job()).isEqualTo(done));
    }

    private static void assertCounts(
            Job job, Transition move, int running, boolean leaves, boolean enters, boolean ends) {
        assertThat(decide(new Case("", job, true, Guard.ANYONE, null, move, Decision.Step.class)))
                .asInstanceOf(type(Decision.Step.class))
                .satisfies(step -> {
                    assertThat(step.running()).isEqualTo(running);
                    assertThat(step.leavesQueue()).isEqualTo(leaves);
                    assertThat(step.entersQueue()).isEqualTo(enters);
                    assertThat(step.ends()).isEqualTo(ends);
                    assertThat(step.event().seq()).isEqualTo(job.lastSeq() + 1);
                });
    }

    private static Decision decide(Case one) {
        return Decision.of(
                ID, new Decision.Snapshot(one.job(), one.leased()), one.guard(), one.claimed(), one.move(), NOW);
    }

    private static Job job(JobState state, @Nullable Instant deadline) {
        boolean begun = state != JobState.QUEUED;
        return new Job(
                ID,
                "reports",
                1,
                JobSpec.builder(NOW, 5, Duration.ofHours(1)).deadline(deadline).build(),
                JobStatus.builder(state, NOW)
                        .lastSeq(begun ? 2 : 1)
                        .fence(begun ? 1 : 0)
                        .attempt(begun ? 1 : 0)
                        .startedAt(begun ? NOW : null)
                        .finishedAt(state.finished() ? NOW : null)
                        .build());
    }
}
