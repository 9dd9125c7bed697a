package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Awaiting;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Backlog.RouteBacklog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A job whose backend has taken the work over is parked: it runs, nobody holds it, and it is checked on when that is due. */
interface ParkedContract extends JournalRig {

    Duration POLL = Duration.ofSeconds(10);

    @Test
    default void aParkedJobRunsAndIsHeldByNobody() {
        accept();
        Job claimed = claimOne();
        Job parked = get(journal().record(claimed, new Transition.Await(operation(), due(POLL))));
        assertThat(parked.parked()).isTrue();
        assertThat(find(parked.id())).isEqualTo(parked);
        assertThat(parked.state()).isEqualTo(JobState.RUNNING);
        assertThat(parked.awaiting()).isEqualTo(operation());
        assertThat(parked.dueAt()).isEqualTo(due(POLL));
        assertThat(names(parked.id())).containsExactly("accepted", "started");
        numbersHaveNoGap(parked.id());

        assertThat(backlog().of(ROUTE)).isEqualTo(new RouteBacklog(0, 0, 0, 1, null));
        assertThat(backlog().routes()).containsExactly(ROUTE);
        assertThat(backlog().waiting()).isZero();
        assertStale(journal().record(claimed, new Transition.Fail(FAILURE, null)));
        assertStale(succeed(claimed, "too late"));
        assertThat(get(journal().renew(List.of(claimed), LEASE))).containsExactly(claimed.id());
        clock().advance(LEASE.multipliedBy(3)); // its lease is over, which loses nothing
        assertThat(claim(ROUTE, 9)).isEmpty();
        assertThat(find(parked.id())).isEqualTo(parked);
    }

    @Test
    default void itIsCheckedOnWhenThatIsDue() {
        Job parked = parked(POLL);
        Journal.Claimed early = resumed(9);
        assertThat(early.jobs()).isEmpty();
        assertThat(early.nextDueAt()).isEqualTo(parked.dueAt());
        assertThat(get(journal().resume(Map.of("another", 9), LEASE)).jobs()).isEmpty();

        clock().advance(POLL);
        Journal.Claimed due = resumed(9);
        assertThat(due.nextDueAt()).isEqualTo(Instant.MAX);
        assertThat(due.jobs()).hasSize(1);
        Job checked = due.jobs().get(0);
        assertThat(checked.id()).isEqualTo(parked.id());
        assertThat(checked.fence()).isGreaterThan(parked.fence());
        assertThat(checked.parked()).isFalse();
        assertThat(checked.awaiting()).isEqualTo(operation());
        assertThat(checked.attempt()).isEqualTo(1);
        assertThat(checked.lastSeq()).isEqualTo(parked.lastSeq());
        assertThat(backlog().of(ROUTE)).isEqualTo(new RouteBacklog(0, 0, 0, 1, null));
        assertThat(resumed(9).jobs()).isEmpty();
        assertThat(get(journal().renew(List.of(checked), LEASE))).isEmpty();

        Job again = get(journal().record(checked, new Transition.Await(operation(), due(POLL))));
        assertThat(again.dueAt()).isEqualTo(due(POLL));
        assertStale(journal().record(checked, new Transition.Await(operation(), due(POLL))));
        assertThat(resumed(9).nextDueAt()).isEqualTo(due(POLL));
        clock().advance(POLL);
        assertThat(get(succeed(resumeOne(), "done")).state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(names(parked.id())).containsExactly("accepted", "started", "succeeded");
        assertThat(JournalRig.text(get(journal().result(parked.id())).body())).isEqualTo("done");
        assertThat(backlog().routes()).isEmpty();
        numbersHaveNoGap(parked.id());
    }

    @Test
    default void theEarliestIsCheckedOnFirstAndAsManyAsThereIsRoomFor() {
        Job last = parked(POLL.multipliedBy(3));
        Job first = parked(POLL);
        Job second = parked(POLL.multipliedBy(2));
        clock().advance(POLL.multipliedBy(4));
        Journal.Claimed two = resumed(2);
        assertThat(two.jobs()).extracting(Job::id).containsExactly(first.id(), second.id());
        assertThat(two.nextDueAt()).isEqualTo(last.dueAt());
        assertThat(resumed(2).jobs()).extracting(Job::id).containsExactly(last.id());
    }

    @Test
    default void noJobIsCheckedOnTwiceByManyAtOnce() {
        List<JobId> parked = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            parked.add(parked(POLL).id());
        }
        clock().advance(POLL);
        List<JobId> resumed = race(16, i -> journal().resume(Map.of(ROUTE, 3), LEASE)).stream()
                .flatMap(claimed -> claimed.jobs().stream())
                .map(Job::id)
                .toList();
        assertThat(resumed).doesNotHaveDuplicates().isSubsetOf(parked);
        List<JobId> all = new ArrayList<>(resumed);
        resumed(20).jobs().forEach(job -> all.add(job.id()));
        assertThat(all).containsExactlyInAnyOrderElementsOf(parked);
    }

    @Test
    default void parkedJobsTakeNoPlaceOfThoseThatMayRunAtOnce() {
        parked(POLL);
        accept();
        Job other = claimed(Map.of(ROUTE, new Journal.Demand(1, 1)), 1).get(0);
        clock().advance(POLL);
        Job checked = resumeOne();
        get(succeed(other, "done"));
        accept();
        assertThat(claimed(Map.of(ROUTE, new Journal.Demand(1, 1)), 1)).hasSize(1);
        assertThat(checked.parked()).isFalse();
    }

    @Test
    default void aCheckThatIsLostIsRepeatedAtOnceAndIsNoTry() {
        Job parked = parked(draft().attempts(1), operation(), POLL);
        clock().advance(POLL);
        Job lost = resumeOne();
        clock().advance(LEASE.plusMillis(1));
        Job again = resumeOne();
        assertThat(again.id()).isEqualTo(parked.id());
        assertThat(again.fence()).isGreaterThan(lost.fence());
        assertThat(again.attempt()).isEqualTo(1);
        assertStale(succeed(lost, "too late"));
        assertThat(get(succeed(again, "done")).tries()).isEqualTo(1);
        assertThat(names(parked.id())).containsExactly("accepted", "started", "succeeded");
        numbersHaveNoGap(parked.id());
    }

    @Test
    default void aCheckMayEndInAnotherTry() {
        Job parked = parked(POLL);
        clock().advance(POLL);
        Job queued = get(
                journal().record(resumeOne(), new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        assertThat(queued.state()).isEqualTo(JobState.QUEUED);
        assertThat(queued.awaiting()).isNull();
        assertThat(backlog().of(ROUTE).depth()).isEqualTo(1);
        assertThat(backlog().of(ROUTE).awaiting()).isZero();
        assertThat(resumed(9).jobs()).isEmpty();
        assertThat(claimOne().attempt()).isEqualTo(2);
        assertThat(names(parked.id())).containsExactly("accepted", "started", "requeued", "started");
    }

    @Test
    default void aParkedJobIsCancelled() {
        Job parked = parked(POLL);
        assertThat(get(journal().cancel(parked.id())).state()).isEqualTo(JobState.CANCELLED);
        clock().advance(POLL);
        assertThat(resumed(9).jobs()).isEmpty();
        assertThat(backlog().routes()).isEmpty();
        numbersHaveNoGap(parked.id());

        parked(POLL);
        clock().advance(POLL);
        Job checked = resumeOne();
        get(journal().cancel(checked.id()));
        assertStale(journal().record(checked, new Transition.Await(operation(), due(POLL))));
        assertThat(backlog().routes()).isEmpty();
    }

    @Test
    default void aParkedJobMissesItsDeadline() {
        Job parked = parked(draft().deadlineIn(POLL), operation(), POLL.multipliedBy(2));
        clock().advance(POLL.plusMillis(1));
        get(journal().failOverdue());
        Job failed = find(parked.id());
        assertThat(failed.failure().problem()).isEqualTo(Problem.DEADLINE_EXCEEDED);
        clock().advance(POLL);
        assertThat(resumed(9).jobs()).isEmpty();
        assertThat(backlog().routes()).isEmpty();
    }

    @Test
    default void aReportIsASignOfLifeForALaterCompletionOnly() {
        Job later = parked(draft(), new Awaiting.Completion(POLL), POLL);
        Job followed = parked(draft(), operation(), POLL);
        clock().advance(POLL.minusSeconds(1));
        for (Job job : List.of(later, followed)) {
            get(journal().report(job.id(), new Transition.Report(new Progress(40.0, null), null)));
        }
        assertThat(find(later.id()).dueAt()).isEqualTo(due(POLL));
        assertThat(find(followed.id()).dueAt()).isEqualTo(followed.dueAt());
        assertThat(names(later.id())).containsExactly("accepted", "started", "progress");
        clock().advance(Duration.ofSeconds(1));
        assertThat(resumeOne().id()).isEqualTo(followed.id());
        clock().advance(POLL.minusSeconds(1));
        assertThat(resumeOne().id()).isEqualTo(later.id());
    }

    @Test
    default void aReportDuringACheckEndsIt() {
        Job silent = parked(draft(), new Awaiting.Completion(POLL), POLL);
        clock().advance(POLL);
        Job checked = resumeOne();
        clock().advance(Duration.ofSeconds(1));
        get(journal().report(silent.id(), new Transition.Report(new Progress(40.0, null), null)));
        assertStale(journal().record(checked, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        Job heard = find(silent.id());
        assertThat(heard.parked()).isTrue();
        assertThat(heard.fence()).isGreaterThan(checked.fence());
        assertThat(heard.dueAt()).isEqualTo(due(POLL));
        assertThat(get(journal().renew(List.of(checked), LEASE))).containsExactly(checked.id());
        assertThat(backlog().of(ROUTE)).isEqualTo(new RouteBacklog(0, 0, 0, 1, null));
        clock().advance(POLL.minusSeconds(1));
        assertThat(resumed(9).nextDueAt()).isEqualTo(heard.dueAt());
        clock().advance(Duration.ofSeconds(1));
        assertThat(get(succeed(resumeOne(), "done")).attempt()).isEqualTo(1);
        assertThat(names(silent.id())).containsExactly("accepted", "started", "progress", "succeeded");
        numbersHaveNoGap(silent.id());
    }

    @Test
    default void anAnswerThatIsBeingSentIsASignOfLifeWithoutAnEvent() {
        Job later = parked(draft(), new Awaiting.Completion(POLL), POLL);
        Job followed = parked(draft(), operation(), POLL);
        clock().advance(POLL.minusSeconds(1));
        Job heard = get(journal().hear(later.id(), 1));
        assertThat(heard.dueAt()).isEqualTo(due(POLL));
        assertThat(find(later.id())).isEqualTo(heard);
        assertThat(names(later.id())).containsExactly("accepted", "started");
        assertFails(() -> get(journal().hear(later.id(), 2)), IllegalTransitionException.class);
        assertFails(() -> get(journal().hear(followed.id(), 1)), IllegalTransitionException.class);
        clock().advance(Duration.ofSeconds(1));
        assertThat(resumeOne().id()).isEqualTo(followed.id());
        assertFails(() -> get(journal().hear(followed.id(), 1)), IllegalTransitionException.class);
        clock().advance(POLL.minusSeconds(1));
        assertThat(resumeOne().id()).isEqualTo(later.id());
    }

    @Test
    default void anAnswerThatBeginsDuringACheckIsASignOfLifeAsWell() {
        Job silent = parked(draft(), new Awaiting.Completion(POLL), POLL);
        clock().advance(POLL);
        Job checked = resumeOne();
        clock().advance(Duration.ofSeconds(1));
        Job heard = get(journal().hear(silent.id(), 1));
        assertThat(heard.parked()).isTrue();
        assertThat(heard.dueAt()).isEqualTo(due(POLL));
        assertThat(find(silent.id())).isEqualTo(heard);
        assertStale(journal().record(checked, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        assertThat(get(journal().renew(List.of(checked), LEASE))).containsExactly(checked.id());
        assertThat(backlog().of(ROUTE)).isEqualTo(new RouteBacklog(0, 0, 0, 1, null));
        clock().advance(POLL);
        assertThat(get(succeed(resumeOne(), "done")).attempt()).isEqualTo(1);
        assertThat(names(silent.id())).containsExactly("accepted", "started", "succeeded");
        numbersHaveNoGap(silent.id());
    }

    @Test
    default void parkedJobsStayParkedAcrossAReopen() {
        Job parked = parked(LEASE.multipliedBy(2));
        Job checked = parked(Duration.ofSeconds(1));
        clock().advance(Duration.ofSeconds(1));
        assertThat(resumeOne().id()).isEqualTo(checked.id());
        reopen();
        assertStillParked(parked, checked);
    }

    @Test
    default void parkedJobsStayParkedAfterAKill() {
        Job parked = parked(LEASE.multipliedBy(2));
        Job checked = parked(Duration.ofSeconds(1));
        clock().advance(Duration.ofSeconds(1));
        assertThat(resumeOne().id()).isEqualTo(checked.id());
        killAndReopen();
        assertStillParked(parked, checked);
    }

    private void assertStillParked(Job parked, Job checked) {
        assertThat(find(parked.id())).isEqualTo(parked);
        assertThat(backlog().of(ROUTE)).isEqualTo(new RouteBacklog(0, 0, 0, 2, null));
        assertThat(claim(ROUTE, 9)).isEmpty();
        Job again = resumeOne(); // at once, because nobody knows how the check ended
        assertThat(again.id()).isEqualTo(checked.id());
        get(succeed(again, "done"));
        clock().advance(LEASE.multipliedBy(2));
        Job due = resumeOne();
        assertThat(due.id()).isEqualTo(parked.id());
        assertThat(get(succeed(due, "done")).attempt()).isEqualTo(1);
        assertThat(names(parked.id())).containsExactly("accepted", "started", "succeeded");
    }

    private static Awaiting operation() {
        return new Awaiting.Operation("http://backend.example/operations/7", Instant.EPOCH.plusSeconds(1));
    }

    private Instant due(Duration in) {
        return clock().instant().plus(in);
    }

    private Job parked(Duration due) {
        return parked(draft(), operation(), due);
    }

    private Job parked(Draft draft, Awaiting awaiting, Duration due) {
        accept(draft);
        return get(journal().record(claimOne(), new Transition.Await(awaiting, due(due))));
    }

    private Journal.Claimed resumed(int room) {
        return get(journal().resume(Map.of(ROUTE, room), LEASE));
    }

    private Job resumeOne() {
        List<Job> jobs = resumed(9).jobs();
        assertThat(jobs).hasSize(1);
        return jobs.get(0);
    }
}
