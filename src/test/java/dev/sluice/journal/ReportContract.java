package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What a backend says of a job that runs is an event of it like any other, and changes nothing else. */
interface ReportContract extends JournalRig {

    static Transition.Report percent(double percent) {
        return new Transition.Report(new Progress(percent, null), null);
    }

    @Test
    default void aReportOfARunningJobIsItsNextEvent() {
        JobId id = accept().id();
        Job running = claimOne();
        Mono<JobEvent> told =
                journal().tail(event -> event.job().equals(id)).next().cache();
        told.subscribe();
        clock().advance(Duration.ofSeconds(1));
        Progress progress = new Progress(12.5, "page 4");
        Job reported = get(journal().report(id, new Transition.Report(progress, "{\"page\":4}")));

        assertThat(reported.state()).isEqualTo(JobState.RUNNING);
        assertThat(reported.progress()).isEqualTo(progress);
        assertThat(reported.fence()).isEqualTo(running.fence());
        assertThat(find(id)).isEqualTo(reported);
        JobEvent expected = new JobEvent.Reported(id, ROUTE, 3, clock().instant(), progress, "{\"page\":4}");
        assertThat(history(id)).endsWith(expected);
        assertThat(get(told)).isEqualTo(expected);
        assertThat(backlog().of(ROUTE).running()).isEqualTo(1);
        numbersHaveNoGap(id);
    }

    @Test
    default void theHolderOfTheClaimGoesOnAsIfNothingHappened() {
        JobId id = accept().id();
        Job claimed = claimOne();
        get(journal().report(id, percent(10)));
        clock().advance(LEASE.minusMillis(1));
        assertThat(get(journal().renew(List.of(claimed), LEASE))).isEmpty();
        get(journal().report(id, percent(20)));
        Job done = get(succeed(claimed, "done"));
        assertThat(done.progress()).as("of a job that succeeded").isNull();
        assertThat(find(id)).isEqualTo(done);
        assertThat(names(id)).containsExactly("accepted", "started", "progress", "progress", "succeeded");
        numbersHaveNoGap(id);
        assertThat(backlog().routes()).isEmpty();
    }

    @Test
    default void outputIsToldApartFromWhatChangesAJob() {
        JobId id = accept().id();
        Job claimed = claimOne();
        List<Job> reported = new ArrayList<>();
        Mono<List<Output>> report =
                journal().report(id, percent(10)).doOnNext(reported::add).thenReturn(token(2));
        get(journal().stream(claimed, OutputContract.HEAD, Flux.concat(Flux.just(token(0), token(1)), report)));
        assertThat(reported.get(0).changedSeq()).isEqualTo(5);
        assertThat(reported.get(0).progress()).isEqualTo(new Progress(10.0, null));
        assertThat(find(id).changedSeq()).isEqualTo(5);
        assertThat(find(id).lastSeq()).isEqualTo(6);
        assertThat(find(id).progress()).isEqualTo(new Progress(10.0, null, 1));
        get(journal().record(claimed, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), null)));
        assertThat(find(id).changedSeq()).isEqualTo(7);
        Job again = claimOne();
        get(journal().stream(again, OutputContract.HEAD, Flux.just(List.of(Output.text("token", 2, 0)))));
        assertThat(find(id).changedSeq()).isEqualTo(8);
        assertThat(get(journal().cancel(id)).changedSeq()).isEqualTo(10);
        assertThat(find(id).changedSeq()).isEqualTo(10);
    }

    private static List<Output> token(int number) {
        return List.of(Output.text("token", 1, 5L * number));
    }

    @Test
    default void aReportDoesNotKeepALeaseOrPutOffADeadline() {
        JobId leased = accept().id();
        claimOne();
        clock().advance(LEASE.minusMillis(1));
        get(journal().report(leased, percent(10)));
        clock().advance(Duration.ofMillis(1));
        Job again = claimOne();
        assertThat(again.attempt()).isEqualTo(2);
        assertThat(names(leased)).containsExactly("accepted", "started", "progress", "requeued", "started");
        get(succeed(again, "done"));

        JobId due = accept(draft().deadlineIn(Duration.ofSeconds(5))).id();
        claimOne();
        get(journal().report(due, percent(10)));
        clock().advance(Duration.ofSeconds(5));
        get(journal().failOverdue());
        assertThat(find(due).state()).isEqualTo(JobState.FAILED);
        assertThat(find(due).progress()).as("of a job that failed").isEqualTo(new Progress(10.0, null));
    }

    @Test
    default void theNextAttemptBeginsWithoutProgress() {
        JobId id = accept().id();
        Job claimed = claimOne();
        get(journal().report(id, percent(90)));
        Job queued =
                get(journal().record(claimed, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        assertThat(queued.progress()).isEqualTo(new Progress(90.0, null));
        assertThat(claimOne().progress()).isNull();
        assertThat(find(id).progress()).isNull();
    }

    @Test
    default void onlyOfAJobThatRunsThereIsSomethingToReport() {
        JobId queued = accept().id();
        assertFails(() -> get(journal().report(queued, percent(1))), IllegalTransitionException.class);
        Job done = get(succeed(claimOne(), "done"));
        assertFails(() -> get(journal().report(queued, percent(1))), IllegalTransitionException.class);
        assertThat(find(queued)).isEqualTo(done);
        assertThat(names(queued)).containsExactly("accepted", "started", "succeeded");
        get(journal().forget(queued));
        assertThat(get(journal().report(queued, percent(1)))).isNull();
        assertThat(get(journal().report(newId(), percent(1)))).isNull();
    }

    @Test
    default void nothingIsReportedAfterTheEnd() {
        for (int round = 0; round < 50; round++) {
            JobId id = accept().id();
            Job claimed = claimOne();
            List<Boolean> taken = race(
                    6,
                    i -> i == 3
                            ? succeed(claimed, "done").thenReturn(false)
                            : journal()
                                    .report(id, percent(i))
                                    .thenReturn(true)
                                    .onErrorReturn(IllegalTransitionException.class, false));
            long reports = taken.stream().filter(one -> one).count();
            List<JobEvent> events = history(id);
            assertThat(events).hasSize((int) (3 + reports)).endsWith(new JobEvent.Finished(find(id)));
            numbersHaveNoGap(id);
        }
    }

    @Test
    default void ofManyReportsTheLatestAreKept() {
        JobId id = accept().id();
        Job claimed = claimOne();
        int reports = 2 * Journal.HISTORY_KEPT + 500;
        get(Flux.range(0, reports)
                .flatMap(i -> journal().report(id, percent(i % 100)), 64)
                .then());
        get(succeed(claimed, "done"));
        List<JobEvent> kept = history(id);
        assertThat(kept).hasSizeBetween(1 + Journal.HISTORY_KEPT, 2 * Journal.HISTORY_KEPT);
        assertThat(kept.get(0).seq()).isEqualTo(1);
        assertThat(kept.get(1).seq()).isEqualTo(reports + 3 - (kept.size() - 2));
        assertThat(kept.get(kept.size() - 1).seq()).isEqualTo(reports + 3);
    }

    @Test
    default void reportsSurviveAKilledProcess() {
        JobId id = accept().id();
        claimOne();
        Progress progress = new Progress(null, "½ 🚰");
        get(journal().report(id, new Transition.Report(progress, "{\"a\":[1]}")));
        List<JobEvent> before = history(id);
        killAndReopen();
        assertThat(history(id)).startsWith(before.toArray(JobEvent[]::new)).hasSize(4);
        assertThat(find(id).state()).isEqualTo(JobState.QUEUED);
        assertThat(find(id).progress()).isEqualTo(progress);
        numbersHaveNoGap(id);
    }

    @Test
    default void aLongHistoryOfLargeEventsIsReadWhole() {
        JobId id = accept().id();
        Job claimed = claimOne();
        String large = "x".repeat(16 * 1024);
        Output[] pieces = new Output[300];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = Output.text(i + large, 1, i == 0 ? 0 : pieces[i - 1].end());
        }
        get(journal().stream(
                claimed, OutputContract.HEAD, Flux.fromArray(pieces).map(List::of)));
        assertThat(history(id))
                .hasSize(302)
                .last()
                .satisfies(event -> assertThat(
                                new String(((JobEvent.Emitted) event).output().bytes(), StandardCharsets.UTF_8))
                        .isEqualTo(299 + large));
        numbersHaveNoGap(id);
        get(succeed(claimed, "done"));
        numbersHaveNoGap(id);
    }

    @Test
    default void theSecretIsMadeOnce() {
        byte[] secret = journal().secret();
        assertThat(secret).hasSizeGreaterThanOrEqualTo(32);
        byte[] asItWas = secret.clone();
        secret[0]++;
        assertThat(journal().secret()).isEqualTo(asItWas);
        reopen();
        assertThat(journal().secret()).isEqualTo(asItWas);
    }
}
