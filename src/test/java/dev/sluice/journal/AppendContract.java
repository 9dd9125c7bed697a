package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.Backlog.RouteBacklog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** Accepting. */
interface AppendContract extends JournalRig {

    @Test
    default void anAppendedJobIsQueuedAsItWasGiven() {
        Draft draft =
                draft().urgency(1).attempts(7).dueIn(Duration.ofMinutes(1)).keep(Duration.ofMinutes(9));
        Job job = accept(draft);

        NewJob given = draft.job();
        assertThat(job.id()).isEqualTo(given.id());
        assertThat(job.route()).isEqualTo(ROUTE);
        assertThat(job.state()).isEqualTo(JobState.QUEUED);
        assertThat(job.spec().urgency()).isEqualTo(1);
        assertThat(job.spec().acceptedAt()).isEqualTo(given.spec().acceptedAt());
        assertThat(job.dueAt()).isEqualTo(given.dueAt());
        assertThat(job.attempt()).isZero();
        assertThat(job.spec().maxAttempts()).isEqualTo(7);
        assertThat(job.spec().keep()).isEqualTo(Duration.ofMinutes(9));
        assertThat(job.spec().keepUntil()).isNull();
        assertThat(job.lastSeq()).isEqualTo(1);
        assertThat(job.startedAt()).isNull();
        assertThat(job.finishedAt()).isNull();
        assertThat(job.failure()).isNull();
        assertThat(job.result()).isNull();
        assertThat(find(job.id())).isEqualTo(job);
        assertThat(history(job.id())).containsExactly(job.accepted());
    }

    @Test
    default void nothingHappensBeforeSubscription() {
        Draft draft = draft();
        Mono<Appended> append = append(draft);
        accept();
        assertThat(get(journal().find(draft.id()))).isNull();
        assertThat(backlog().waiting()).isEqualTo(1);

        get(append);
        assertThat(find(draft.id()).state()).isEqualTo(JobState.QUEUED);
        assertThat(backlog().waiting()).isEqualTo(2);
    }

    @Test
    default void nothingIsKnownOfAnIdThatWasNeverGivenOut() {
        JobId id = newId();
        assertThat(get(journal().find(id))).isNull();
        assertThat(get(journal().request(id))).isNull();
        assertThat(get(journal().result(id))).isNull();
        assertThat(history(id)).isEmpty();
        assertThat(get(journal().cancel(id))).isNull();
        assertThat(get(journal().forget(id))).isFalse();
    }

    @Test
    default void theOrderRisesWithEachAcceptance() {
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            jobs.add(accept());
        }
        assertThat(jobs).isSortedAccordingTo(Comparator.comparingLong(Job::order));
        assertThat(jobs).extracting(Job::order).doesNotHaveDuplicates();
    }

    @Test
    default void manyAppendsAtOnceAreAllKeptEachOnce() {
        List<Appended> appended =
                race(500, i -> append(draft().body("body " + i).target("/reports/" + i)));
        List<Job> jobs =
                appended.stream().map(a -> ((Appended.Created) a).job()).toList();

        assertThat(jobs).extracting(Job::order).doesNotHaveDuplicates();
        assertThat(backlog().of(ROUTE).depth()).isEqualTo(500);
        for (Job job : jobs) {
            StoredRequest request = get(journal().request(job.id()));
            String number = request.head().target().substring("/reports/".length());
            assertThat(JournalRig.text(request.body())).isEqualTo("body " + number);
            assertThat(find(job.id())).isEqualTo(job);
        }
    }

    @Test
    default void aFailingBodyLeavesNothing() {
        IOException cut = new IOException("cut short");
        Draft draft = draft().key("k").body(Flux.concat(BodyContract.pieces(40, 64 * 1024), Flux.error(cut)));

        StepVerifier.create(append(draft)).expectErrorMatches(e -> e == cut).verify(LIMIT);
        assertNothingIsLeftOf(draft);
        assertThat(get(journal().holds(draft.job().key()))).isFalse();
    }

    @Test
    default void anAppendCancelledBeforeItsBodyEndsLeavesNothing() throws InterruptedException {
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        CountDownLatch released = new CountDownLatch(1);
        Draft draft = draft().key("k").body(body.asFlux().doOnCancel(released::countDown));

        Disposable append = append(draft).subscribe();
        assertThat(body.tryEmitNext(new byte[100_000])).isEqualTo(Sinks.EmitResult.OK);
        append.dispose();

        assertThat(released.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        accept(); // whatever was under way before it has been settled
        assertThat(backlog().waiting()).isEqualTo(1);
        assertThat(get(journal().find(draft.id()))).isNull();
        assertThat(get(journal().request(draft.id()))).isNull();
        assertThat(get(journal().holds(draft.job().key()))).isFalse();
    }

    @Test
    default void countersFollowAJobThroughItsLife() {
        Job first = accept();
        clock().advance(Duration.ofSeconds(1));
        Job second = accept(draft().dueIn(Duration.ofSeconds(10)));
        Backlog backlog = backlog();
        assertThat(backlog.of(ROUTE))
                .isEqualTo(new RouteBacklog(2, 1, 0, first.spec().acceptedAt()));
        assertThat(backlog.of("another")).isEqualTo(RouteBacklog.EMPTY);
        assertThat(backlog.waiting()).isEqualTo(2);
        assertThat(backlog.routes()).containsExactly(ROUTE);

        Job running = claimOne();
        assertThat(backlog.of(ROUTE)).isEqualTo(new RouteBacklog(1, 1, 1, null));
        assertThat(backlog.waiting()).isEqualTo(1);

        get(journal().cancel(second.id()));
        assertThat(backlog.of(ROUTE)).isEqualTo(new RouteBacklog(0, 0, 1, null));
        assertThat(backlog.routes()).containsExactly(ROUTE);

        get(succeed(running, "done"));
        assertThat(backlog.of(ROUTE)).isEqualTo(RouteBacklog.EMPTY);
        assertThat(backlog.routes()).isEmpty();
    }

    @Test
    default void theJournalIsHealthy() {
        accept();
        assertThat(journal().health().up()).isTrue();
    }

    private void assertNothingIsLeftOf(Draft draft) {
        assertThat(get(journal().find(draft.id()))).isNull();
        assertThat(get(journal().request(draft.id()))).isNull();
        List<JobEvent> events = history(draft.id());
        assertThat(events).isEmpty();
        assertThat(backlog().waiting()).isZero();
        assertThat(claim(ROUTE, 1)).isEmpty();
    }
}
