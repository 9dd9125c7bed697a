package dev.sluice.dispatch;

import static dev.sluice.dispatch.FakeBackend.answer;
import static dev.sluice.queue.QueueRig.LIMIT;
import static dev.sluice.queue.QueueRig.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.Transition;
import dev.sluice.journal.Journal;
import dev.sluice.journal.TailOverflowException;
import dev.sluice.queue.QueueRig;
import dev.sluice.queue.UnreliableJournal.Verb;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class DispatcherTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final Route fast =
            Routes.route("fast", "/fast", "http://localhost:1", "concurrency=3", "backoff=1ms", "max-backoff=1ms");
    private final Route slow = Routes.route("slow", "/slow", "http://localhost:1", "concurrency=2");

    @Test
    void aSlowBackendOfOneRouteSlowsNoOther() {
        try (DispatchRig rig = new DispatchRig(Duration.ZERO, fast, slow)) {
            rig.backend.on("slow", request -> Mono.never()).on("fast", request -> Mono.just(answer(200)));
            rig.start();
            List<JobId> stuck = accept(rig, "slow", 20);
            for (JobId id : accept(rig, "fast", 200)) {
                rig.queue.awaitState(id, JobState.SUCCEEDED);
            }
            assertThat(rig.backend.calls("slow").mostActive).hasValue(2);
            assertThat(rig.queue.journal.backlog().of("slow").depth()).isEqualTo(18);
            assertThat(stuck)
                    .noneSatisfy(id ->
                            assertThat(rig.queue.find(id).state().finished()).isTrue());
        }
    }

    @Test
    void tenThousandJobsEndOnceEachAndTheLimitHolds() {
        Route routed =
                Routes.route("many", "/many", "http://localhost:1", "concurrency=16", "backoff=1ms", "max-backoff=1ms");
        Random random = new Random(11);
        int jobs = 10_000;
        Disposable time = Disposables.disposed();
        try (DispatchRig rig = new DispatchRig(LONG, routed, fast)) {
            time = Flux.interval(Duration.ofMillis(1))
                    .subscribe(tick -> rig.queue.clock.advance(Duration.ofMillis(1))); // so that retries become due
            FakeBackend.Script script = request -> {
                int dice;
                synchronized (random) {
                    dice = random.nextInt(100);
                }
                return dice < 5
                        ? Mono.just(answer(503))
                        : dice < 10
                                ? Mono.just(answer(200)).delayElement(Duration.ofMillis(1))
                                : Mono.just(answer(200));
            };
            rig.backend.on("many", script).on("fast", script);
            Mono<Map<JobId, Long>> ends = rig.queue
                    .journal
                    .tail(event -> event instanceof JobEvent.Finished)
                    .onBackpressureBuffer(jobs)
                    .take(jobs)
                    .collectMap(JobEvent::job, JobEvent::seq)
                    .cache();
            ends.subscribe();
            rig.start();
            List<JobId> accepted = Flux.range(0, jobs)
                    .flatMap(i -> rig.queue.accept(i % 10 == 0 ? "fast" : "many", 50), 64)
                    .map(Job::id)
                    .collectList()
                    .block(LIMIT);
            assertThat(ends.block(LIMIT).keySet())
                    .as("as many ends as jobs, each of another job")
                    .containsExactlyInAnyOrderElementsOf(accepted);
            assertThat(rig.queue.journal.backlog().routes()).isEmpty();
            assertThat(rig.backend.calls("many").mostActive.get()).isBetween(2, 16);
            assertThat(rig.backend.calls("fast").mostActive.get()).isBetween(1, 3);
            until(() -> finished(rig, "many") + finished(rig, "fast") == jobs);
            double retried = rig.count("sluice.jobs.retried", "route", "many")
                    + rig.count("sluice.jobs.retried", "route", "fast");
            assertThat(rig.backend.calls("many").all.size()
                            + rig.backend.calls("fast").all.size())
                    .as("no call without an outcome")
                    .isEqualTo(jobs + (int) retried);
            assertThat(rig.count("sluice.dispatch.stale", "route", "many")).isZero();
        } finally {
            time.dispose();
        }
    }

    @Test
    void cancellingARunningJobAbortsItsCall() {
        try (DispatchRig rig = new DispatchRig(LONG, slow)) {
            rig.backend.on("slow", request -> Mono.never());
            rig.start();
            List<JobId> jobs = accept(rig, "slow", 3);
            until(() -> rig.backend.calls("slow").active.get() == 2);
            rig.queue.journal.cancel(jobs.get(0)).block(LIMIT);
            until(() -> rig.backend.calls("slow").cancelled.get() == 1);
            until(() -> rig.backend.calls("slow").of(jobs.get(2)) == 1);
            assertThat(rig.queue.find(jobs.get(0)).state()).isEqualTo(JobState.CANCELLED);
            until(() -> rig.count("sluice.jobs.finished", "route", "slow", "state", "cancelled") == 1);
            jobs.subList(1, 3).forEach(id -> rig.queue.journal.cancel(id).block(LIMIT));
            until(() -> rig.backend.calls("slow").cancelled.get() == 3);
        }
    }

    @Test
    void aDeadlineThatPassesAbortsTheCallAndIsCountedAsAFailure() {
        try (DispatchRig rig = new DispatchRig(LONG, slow)) {
            rig.backend.on("slow", request -> Mono.never());
            rig.start();
            JobId job = rig.queue
                    .accept("slow", 5, Duration.ofMinutes(1))
                    .block(LIMIT)
                    .id();
            until(() -> rig.backend.calls("slow").active.get() == 1);
            rig.queue.clock.advance(Duration.ofMinutes(1));
            assertThat(rig.queue.journal.failOverdue().block(LIMIT)).isEqualTo(Instant.MAX);
            until(() -> rig.backend.calls("slow").cancelled.get() == 1);
            assertThat(rig.queue.find(job).failure().problem()).isEqualTo(Problem.DEADLINE_EXCEEDED);
            until(() -> rig.count("sluice.jobs.finished", "route", "slow", "state", "failed") == 1);
            assertThat(rig.queue.events(job)).containsExactly("accepted", "started", "failed");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aJobThatIsEndedOnItsWayToItsAttemptIsNotCalledFor(boolean cancelled) {
        Sinks.Empty<Void> gate = Sinks.empty();
        try (DispatchRig rig = new DispatchRig(Duration.ZERO, slow)) {
            rig.backend.on("slow", request -> Mono.never());
            rig.queue.journal.keepBackClaims(gate.asMono());
            JobId job = cancelled
                    ? accept(rig, "slow", 1).get(0)
                    : rig.queue
                            .accept("slow", 5, Duration.ofSeconds(5))
                            .block(LIMIT)
                            .id();
            rig.start();
            rig.queue.awaitState(job, JobState.RUNNING);
            if (cancelled) {
                rig.queue.journal.cancel(job).block(LIMIT);
            } else {
                rig.queue.clock.advance(Duration.ofSeconds(5));
                rig.queue.journal.failOverdue().block(LIMIT);
            }
            String state = cancelled ? "cancelled" : "failed";
            until(() -> rig.count("sluice.jobs.finished", "route", "slow", "state", state) == 1);
            gate.tryEmitEmpty().orThrow();
            JobId next = accept(rig, "slow", 1).get(0);
            until(() -> rig.backend.calls("slow").of(next) == 1);
            assertThat(rig.backend.calls("slow").of(job)).isZero();
        }
    }

    @Test
    void aCancellationThatWasMissedIsFoundWhenTheTailIsBack() {
        try (DispatchRig rig = new DispatchRig(LONG, slow)) {
            rig.backend.on("slow", request -> Mono.never());
            rig.start();
            JobId job = accept(rig, "slow", 1).get(0);
            until(() -> rig.backend.calls("slow").active.get() == 1);
            rig.queue.journal.breakTails(new TailOverflowException());
            rig.queue.journal.cancel(job).block(LIMIT); // nobody listens yet, or somebody does: both must do
            until(() -> rig.backend.calls("slow").cancelled.get() == 1);
            until(() -> rig.queue.journal.tails() == 4); // two of each subscription
            assertThat(rig.count("sluice.pipeline.restarts", "pipeline", "cancellations"))
                    .isEqualTo(1);
        }
    }

    @Test
    void whatAnotherNodeEndsIsAbortedHereAndCountedThere() {
        try (DispatchRig rig = new DispatchRig(LONG, slow)) {
            rig.backend.on("slow", request -> Mono.never());
            rig.start();
            List<JobId> jobs = accept(rig, "slow", 3);
            until(() -> rig.backend.calls("slow").active.get() == 2);
            for (JobId job : List.of(jobs.get(2), jobs.get(0))) { // one that waits, one that runs here
                Job found = rig.queue.find(job);
                rig.queue.journal.tellFromElsewhere(found.apply(new Transition.Cancel(), rig.queue.clock.instant())
                        .event());
            }
            until(() -> rig.backend.calls("slow").cancelled.get() == 1);
            assertThat(rig.count("sluice.jobs.finished", "route", "slow", "state", "cancelled"))
                    .isZero();
            rig.queue.journal.cancel(jobs.get(1)).block(LIMIT);
            until(() -> rig.count("sluice.jobs.finished", "route", "slow", "state", "cancelled") == 1);
            rig.queue
                    .journal
                    .cancel(jobs.get(2))
                    .block(LIMIT); // here it runs by now, and would for as long as the grace
        }
    }

    @Test
    void anAttemptWhoseLeaseIsLostIsAborted() {
        Duration lease = Duration.ofMillis(300);
        QueueRig queue = new QueueRig(lease, slow);
        try (DispatchRig rig = new DispatchRig(queue, LONG, slow)) {
            rig.backend.on("slow", request -> request.attempt() == 1 ? Mono.never() : Mono.just(answer(200)));
            rig.start();
            JobId job = accept(rig, "slow", 1).get(0);
            until(() -> rig.backend.calls("slow").active.get() == 1);
            queue.clock.advance(lease.plusMillis(1));
            until(() -> rig.backend.calls("slow").cancelled.get() == 1);
            assertThat(queue.awaitState(job, JobState.SUCCEEDED).attempt()).isEqualTo(2);
        }
    }

    @Test
    void whatACrashLeftBehindComesTheSameWay() {
        try (DispatchRig rig = new DispatchRig(LONG, slow)) {
            rig.backend.on("slow", request -> Mono.just(answer(200)));
            JobId ran = rig.queue.accepted("slow", 3);
            JobId ranOnce = rig.queue.accepted("slow", 1);
            rig.queue
                    .journal
                    .claim(Map.of("slow", Journal.Demand.of(2)), Duration.ofSeconds(30))
                    .block(LIMIT); // by somebody who died
            JobId waited = rig.queue.accepted("slow");
            rig.queue.clock.advance(Duration.ofSeconds(31));
            rig.start();
            assertThat(rig.queue.awaitState(ran, JobState.SUCCEEDED).attempt()).isEqualTo(2);
            assertThat(rig.queue.awaitState(waited, JobState.SUCCEEDED).attempt())
                    .isEqualTo(1);
            assertThat(rig.queue.awaitState(ranOnce, JobState.FAILED).failure().problem())
                    .isEqualTo(Problem.OUTCOME_UNKNOWN);
            assertThat(rig.backend.calls("slow").of(ranOnce)).isZero();
            until(() -> rig.count("sluice.jobs.finished", "route", "slow", "state", "failed") == 1);
        }
    }

    @Test
    void whileStoppingRunningAttemptsMayFinish() {
        try (DispatchRig rig = new DispatchRig(LONG, slow)) {
            Sinks.Empty<FakeBackend.Reply> release = Sinks.empty();
            rig.backend.on("slow", request -> release.asMono().thenReturn(answer(200)));
            rig.start();
            List<JobId> jobs = accept(rig, "slow", 5);
            until(() -> rig.backend.calls("slow").active.get() == 2);
            CountDownLatch stopped = rig.stop();
            rig.queue.accepted("slow");
            assertThat(stopped.getCount()).isEqualTo(1);
            release.tryEmitEmpty().orThrow();
            assertThat(DispatchRig.await(stopped)).isTrue();
            assertThat(rig.lifecycle.isRunning()).isFalse();
            assertThat(jobs.subList(0, 2))
                    .allSatisfy(id -> assertThat(rig.queue.find(id).state()).isEqualTo(JobState.SUCCEEDED));
            assertThat(jobs.subList(2, 5))
                    .allSatisfy(id -> assertThat(rig.queue.events(id)).containsExactly("accepted"));
            assertThat(rig.backend.calls("slow").cancelled).hasValue(0);

            rig.start();
            jobs.forEach(id -> rig.queue.awaitState(id, JobState.SUCCEEDED));
        }
    }

    @Test
    void whenTheGraceIsUsedUpTheRestGoesBackWithoutATry() {
        try (DispatchRig rig = new DispatchRig(Duration.ofMillis(50), slow)) {
            rig.backend.on("slow", request -> Mono.never());
            rig.start();
            JobId often = rig.queue.accepted("slow", 5);
            JobId once = rig.queue.accepted("slow", 1);
            until(() -> rig.backend.calls("slow").active.get() == 2);
            assertThat(DispatchRig.await(rig.stop())).isTrue();
            assertThat(rig.backend.calls("slow").cancelled).hasValue(2);

            Job back = rig.queue.find(often);
            assertThat(back.state()).isEqualTo(JobState.QUEUED);
            assertThat(back.attempt()).as("the backend may have seen it").isEqualTo(1);
            assertThat(back.tries()).isZero();
            assertThat(rig.queue.events(often)).containsExactly("accepted", "started", "requeued");
            Job unknown = rig.queue.find(once);
            assertThat(unknown.state()).isEqualTo(JobState.FAILED);
            assertThat(unknown.failure().problem()).isEqualTo(Problem.OUTCOME_UNKNOWN);
            assertThat(rig.count("sluice.jobs.finished", "route", "slow", "state", "failed"))
                    .as("not also by the attempt")
                    .isLessThanOrEqualTo(1);
        }
    }

    @Test
    void aJobThatHasOneTryButWasNotCalledYetGoesBackToo() {
        try (DispatchRig rig = new DispatchRig(Duration.ofMillis(50), slow)) {
            rig.backend.on("slow", request -> Mono.just(answer(200)));
            rig.start();
            rig.queue.journal.fail(Verb.REQUEST, Verb.RECORD);
            JobId once = rig.queue.accepted("slow", 1);
            until(() -> rig.count("sluice.queue.journal.errors", "verb", "record") >= 1);
            CountDownLatch stopped = rig.stop();
            rig.queue.journal.recover();
            assertThat(DispatchRig.await(stopped)).isTrue();
            assertThat(rig.queue.find(once).state()).isEqualTo(JobState.QUEUED);
            assertThat(rig.queue.find(once).attempt()).isZero();
            assertThat(rig.backend.calls("slow").all).isEmpty();
        }
    }

    private static double finished(DispatchRig rig, String route) {
        return rig.count("sluice.jobs.finished", "route", route, "state", "succeeded");
    }

    private static List<JobId> accept(DispatchRig rig, String route, int jobs) {
        List<JobId> ids = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            ids.add(rig.queue.accepted(route));
        }
        return ids;
    }
}
