package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What uses up a try, what the number of an attempt says, and how long a job waits for what uses up none. */
interface TryContract extends JournalRig {

    Failure REFUSED = new Failure(Problem.BACKEND_UNREACHABLE, "The backend refused the connection.");

    @Test
    default void eachReasonCountsAsItSays() {
        accept(draft().attempts(2));
        assertCounts(requeued(RequeueReason.UNREACHABLE, false, null), 0, 0);
        assertCounts(requeued(RequeueReason.RETRY_AFTER, true, null), 1, 0);
        assertCounts(requeued(RequeueReason.NODE_STOPPED, false, null), 1, 0);
        assertCounts(requeued(RequeueReason.NODE_STOPPED, true, null), 2, 0);
        assertCounts(requeued(RequeueReason.RETRY, true, null), 3, 1);
        Job running = claimOne();
        assertCounts(running, 4, 2);
        List<JobEvent> events = history(running.id());
        assertThat(events.stream()
                        .filter(JobEvent.Started.class::isInstance)
                        .map(event -> ((JobEvent.Started) event).attempt()))
                .containsExactly(1, 1, 2, 2, 3, 4);
        assertThat(events.stream()
                        .filter(JobEvent.Requeued.class::isInstance)
                        .map(event -> ((JobEvent.Requeued) event).reason()))
                .containsExactly(
                        RequeueReason.UNREACHABLE,
                        RequeueReason.RETRY_AFTER,
                        RequeueReason.NODE_STOPPED,
                        RequeueReason.NODE_STOPPED,
                        RequeueReason.RETRY);
        Job done = get(succeed(running, "done"));
        assertCounts(done, 4, 2);
        assertThat(find(done.id())).isEqualTo(done);
        numbersHaveNoGap(done.id());
    }

    @Test
    default void aLostNodeUsesUpATryAndOnlyTries() {
        accept(draft().attempts(1));
        requeued(RequeueReason.RETRY_AFTER, true, null);
        Job running = claimOne();
        clock().advance(LEASE);
        assertThat(claim(ROUTE, 1)).isEmpty();
        Job failed = find(running.id());
        assertThat(failed.failure().problem()).isEqualTo(Problem.OUTCOME_UNKNOWN);
        assertThat(failed.failure().detail()).contains("attempt 2 (try 1 of 1)");

        accept(draft().attempts(2));
        requeued(RequeueReason.RETRY_AFTER, true, null);
        claimOne();
        clock().advance(LEASE);
        assertCounts(claimOne(), 3, 2);
    }

    @Test
    default void bothNumbersAndTheTimeToGiveUpSurvive() {
        accept();
        Instant giveUpAt = clock().instant().plusSeconds(90);
        requeued(RequeueReason.RETRY_AFTER, true, null);
        Job waiting = requeued(RequeueReason.UNREACHABLE, false, giveUpAt);
        assertThat(find(waiting.id())).isEqualTo(waiting);
        reopen();
        assertThat(find(waiting.id())).isEqualTo(waiting);
        assertThat(get(journal().failOverdue())).isEqualTo(giveUpAt);
        killAndReopen();
        assertThat(find(waiting.id())).isEqualTo(waiting);
        clock().advance(Duration.ofSeconds(90));
        get(journal().failOverdue());
        assertGivenUp(waiting.id(), REFUSED);
    }

    @Test
    default void aWaitingJobIsGivenUpWithWhatItLastMetAndNotBefore() {
        Job job = accept(draft().deadlineIn(Duration.ofHours(1)));
        Instant giveUpAt = clock().instant().plusSeconds(60);
        requeued(RequeueReason.UNREACHABLE, false, giveUpAt);
        Job never = accept();
        assertThat(get(journal().failOverdue())).isEqualTo(giveUpAt);
        clock().advance(Duration.ofMillis(59_999));
        get(journal().failOverdue());
        assertThat(find(job.id()).state()).isEqualTo(JobState.QUEUED);
        clock().advance(Duration.ofMillis(1));
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
        assertGivenUp(job.id(), REFUSED);
        assertThat(names(job.id())).containsExactly("accepted", "started", "requeued", "failed");
        assertThat(claim(ROUTE, 9))
                .as("what has met nothing")
                .extracting(Job::id)
                .containsExactly(never.id());
    }

    @Test
    default void aCallThatIsUnderWayIsNotGivenUp() {
        accept();
        Instant giveUpAt = clock().instant().plusSeconds(5);
        requeued(RequeueReason.UNREACHABLE, false, giveUpAt);
        Job running = claimOne();
        clock().advance(Duration.ofSeconds(6));
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
        assertThat(find(running.id()).state()).isEqualTo(JobState.RUNNING);
        Job stopped = get(
                journal().record(running, new Transition.Requeue(RequeueReason.NODE_STOPPED, clock().instant(), null)));
        assertThat(stopped.giveUpAt()).as("says nothing about the backend").isEqualTo(giveUpAt);
        get(journal().failOverdue());
        assertGivenUp(running.id(), REFUSED);
    }

    @Test
    default void whatUsesUpATryIsNotBoundedByTime() {
        accept();
        requeued(RequeueReason.RETRY_AFTER, true, clock().instant().plusSeconds(5));
        Job retried = requeued(RequeueReason.RETRY, true, clock().instant().plusSeconds(5));
        assertThat(retried.giveUpAt()).isNull();
        clock().advance(Duration.ofSeconds(6));
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
        assertCounts(claimOne(), 3, 2);
    }

    @Test
    default void anEarlierDeadlineComesFirst() {
        Job job = accept(draft().deadlineIn(Duration.ofSeconds(5)));
        requeued(RequeueReason.UNREACHABLE, false, clock().instant().plusSeconds(6));
        clock().advance(Duration.ofSeconds(7));
        get(journal().failOverdue());
        assertThat(find(job.id()).failure().problem()).isEqualTo(Problem.DEADLINE_EXCEEDED);
    }

    @Test
    default void manyAreGivenUpAtOnce() {
        race(600, i -> append(draft()));
        Instant giveUpAt = clock().instant().plusSeconds(1);
        List<JobId> ids = new ArrayList<>();
        List<Job> running = claim(ROUTE, 600);
        assertThat(running).hasSize(600);
        race(600, i -> journal().record(running.get(i), back(RequeueReason.UNREACHABLE, false, giveUpAt)))
                .forEach(job -> ids.add(job.id()));
        clock().advance(Duration.ofSeconds(1));
        assertThat(get(journal().failOverdue())).isEqualTo(Instant.MAX);
        assertThat(findAll(ids)).allSatisfy(job -> assertThat(job.state()).isEqualTo(JobState.FAILED));
        assertThat(backlog().waiting()).isZero();
        numbersHaveNoGap(ids);
    }

    @Test
    default void whoSentAJobAndWhoseTurnItIsAreStored() {
        Job job = accept(draft().caller(Long.MIN_VALUE + 3).turn(-1));
        assertThat(find(job.id()).spec().caller()).isEqualTo(Long.MIN_VALUE + 3);
        assertThat(find(job.id()).spec().turn()).isEqualTo(-1);
        Job running = claimOne();
        assertThat(running.spec()).isEqualTo(job.spec());
        assertThat(get(succeed(running, "done")).spec()).isEqualTo(job.spec());
        assertThat(find(job.id()).spec()).isEqualTo(job.spec());
    }

    private Job requeued(RequeueReason reason, boolean called, Instant giveUpAt) {
        return get(journal().record(claimOne(), back(reason, called, giveUpAt)));
    }

    private Transition back(RequeueReason reason, boolean called, Instant giveUpAt) {
        return new Transition.Requeue(reason, clock().instant(), REFUSED, called, giveUpAt);
    }

    private static void assertCounts(Job job, int attempt, int tries) {
        assertThat(List.of(job.attempt(), job.tries())).containsExactly(attempt, tries);
    }

    private void assertGivenUp(JobId id, Failure met) {
        Job failed = find(id);
        assertThat(failed.state()).isEqualTo(JobState.FAILED);
        assertThat(failed.failure()).isEqualTo(met);
        assertThat(failed.result()).isNull();
        numbersHaveNoGap(id);
    }
}
