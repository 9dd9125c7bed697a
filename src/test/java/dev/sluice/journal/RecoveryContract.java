package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Backlog.RouteBacklog;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** What was written is there again after an orderly end and after a sudden one. */
interface RecoveryContract extends JournalRig {

    @Test
    default void everythingIsThereAgainAfterAReopen() {
        Everything before = everything();
        reopen();
        before.assertThere();
    }

    @Test
    default void everythingIsThereAgainAfterAKill() {
        Everything before = everything();
        killAndReopen();
        before.assertThere();
    }

    @Test
    default void theOrderOfAcceptanceGoesOnAfterAReopen() {
        Job first = accept();
        Job second = accept();
        reopen();
        Job third = accept();
        assertThat(third.order()).isGreaterThan(second.order());
        assertThat(claim(ROUTE, 9)).extracting(Job::id).containsExactly(first.id(), second.id(), third.id());
    }

    @Test
    default void delayedJobsAreStillDelayedAfterAReopen() {
        Job delayed = accept(draft().dueIn(Duration.ofMinutes(2)));
        accept();
        get(journal()
                .record(
                        claimOne(),
                        new Transition.Requeue(
                                RequeueReason.RETRY, clock().instant().plusSeconds(60), FAILURE)));
        reopen();
        assertThat(backlog().of(ROUTE)).isEqualTo(new RouteBacklog(2, 2, 0, null));
        Journal.Claimed nothing = claimed(Map.of(ROUTE, 9));
        assertThat(nothing.jobs()).isEmpty();
        assertThat(nothing.nextDueAt()).isEqualTo(clock().instant().plusSeconds(60));
        clock().advance(Duration.ofMinutes(2));
        assertThat(claim(ROUTE, 9)).hasSize(2).extracting(Job::id).contains(delayed.id());
    }

    @Test
    default void aJobThatRanWhenTheNodeStoppedComesBackAndThatCountsAsATry() {
        accept();
        Job running = claimOne();
        clock().advance(Duration.ofSeconds(1));
        reopen();
        assertLost(running);
    }

    @Test
    default void aJobThatRanWhenTheNodeWasKilledComesBackAndThatCountsAsATry() {
        accept();
        Job running = claimOne();
        clock().advance(Duration.ofSeconds(1));
        killAndReopen();
        assertLost(running);
    }

    @Test
    default void aJobWithoutATryLeftFailsWithUnknownOutcomeAfterAKill() {
        accept(draft().attempts(1));
        Job running = claimOne();
        killAndReopen();

        Job failed = find(running.id());
        assertThat(failed.state()).isEqualTo(JobState.FAILED);
        assertThat(failed.failure().problem()).isEqualTo(Problem.OUTCOME_UNKNOWN);
        assertThat(names(running.id())).containsExactly("accepted", "started", "failed");
        assertThat(claim(ROUTE, 1)).isEmpty();
        assertThat(backlog().routes()).isEmpty();
        assertStale(succeed(running, "too late"));
    }

    @Test
    default void anOrderlyStopIsNoTryAcrossAReopen() {
        accept(draft().attempts(1));
        Job running = claimOne();
        get(journal().record(running, new Transition.Requeue(RequeueReason.NODE_STOPPED, clock().instant(), null)));
        reopen();
        Job again = claimOne();
        assertThat(again.attempt()).isEqualTo(1);
        assertThat(again.fence()).isGreaterThan(running.fence());
        assertThat(names(running.id())).containsExactly("accepted", "started", "requeued", "started");
        assertStale(succeed(running, "too late"));
    }

    @Test
    default void aRequestHalfReceivedLeavesNothingAfterAKill() {
        Draft draft = draft().key("k").body(Flux.concat(BodyContract.pieces(20, 64 * 1024), Flux.never()));
        Disposable append = append(draft).subscribe(appended -> {}, error -> {});
        Job whole = accept();
        killAndReopen();
        append.dispose();

        assertThat(get(journal().find(draft.id()))).isNull();
        assertThat(get(journal().request(draft.id()))).isNull();
        assertThat(get(journal().holds(draft.job().key()))).isFalse();
        assertThat(claimOne().id()).isEqualTo(whole.id());
    }

    private void assertLost(Job running) {
        Job back = find(running.id());
        assertThat(back.state()).isEqualTo(JobState.QUEUED);
        assertThat(back.attempt()).isEqualTo(1);
        List<JobEvent> events = history(running.id());
        assertThat(events).hasSize(3);
        assertThat(((JobEvent.Requeued) events.get(2)).reason()).isEqualTo(RequeueReason.NODE_LOST);
        assertThat(backlog().of(ROUTE))
                .isEqualTo(new RouteBacklog(1, 0, 0, running.spec().acceptedAt()));
        assertStale(succeed(running, "too late"));

        Job again = claimOne();
        assertThat(again.attempt()).isEqualTo(2);
        assertThat(again.fence()).isGreaterThan(running.fence());
        assertStale(succeed(running, "too late"));
        assertThat(get(succeed(again, "in time")).state()).isEqualTo(JobState.SUCCEEDED);
        numbersHaveNoGap(running.id());
    }

    /** One job in every state, and what was said of each. */
    private Everything everything() {
        Job done = finished(draft().body("the done request"));
        Job cancelled = get(journal().cancel(accept().id()));
        accept(draft());
        Job failed = get(journal().record(claimOne(), new Transition.Fail(FAILURE, null)));
        Job large = accept(draft().body(BodyContract.pieces(50, 64 * 1024)));
        get(journal().cancel(large.id()));
        Job queued = accept(draft().urgency(1).keep(Duration.ofHours(7)));
        return new Everything(
                this,
                List.of(done, cancelled, failed, find(large.id()), queued),
                List.of(
                        history(done.id()),
                        history(cancelled.id()),
                        history(failed.id()),
                        history(large.id()),
                        history(queued.id())));
    }

    /** What must be there again. */
    record Everything(JournalRig rig, List<Job> jobs, List<List<JobEvent>> histories) {

        void assertThere() {
            for (int i = 0; i < jobs.size(); i++) {
                JobId id = jobs.get(i).id();
                assertThat(rig.find(id)).isEqualTo(jobs.get(i));
                assertThat(rig.history(id)).isEqualTo(histories.get(i));
            }
            JobId done = jobs.get(0).id();
            assertThat(JournalRig.text(rig.get(rig.journal().request(done)).body()))
                    .isEqualTo("the done request");
            assertThat(JournalRig.text(rig.get(rig.journal().result(done)).body()))
                    .isEqualTo("done");
            JobId large = jobs.get(3).id();
            assertThat(JournalRig.gathered(rig.get(rig.journal().request(large)).body()))
                    .isEqualTo(JournalRig.gathered(BodyContract.pieces(50, 64 * 1024)));
            assertThat(rig.backlog().waiting()).isEqualTo(1);
            assertThat(rig.claimOne().id()).isEqualTo(jobs.get(4).id());
        }
    }
}
