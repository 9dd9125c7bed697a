package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.Sinks.EmitFailureHandler;
import reactor.test.StepVerifier;

/** What was recorded can be read again, and followed by what comes. */
interface HistoryContract extends JournalRig {

    @Test
    default void theHistoryIsNumberedWithoutGaps() {
        Job job = manyTries(6);
        numbersHaveNoGap(job.id());
        assertThat(names(job.id())).hasSize(15).startsWith("accepted", "started", "requeued", "started");
    }

    @Test
    default void theHistoryBeginsAfterTheNumberAskedFor() {
        Job job = manyTries(3);
        List<JobEvent> all = history(job.id());
        assertThat(all).hasSize(9);
        for (int after = 0; after <= all.size(); after++) {
            assertThat(get(journal().history(job.id(), after).collectList())).isEqualTo(all.subList(after, all.size()));
        }
        assertThat(get(journal().history(job.id(), 1_000).collectList())).isEmpty();
    }

    @Test
    default void theHistoryIsReadAsItIsAskedFor() {
        JobId id = manyTries(100).id();
        StepVerifier.create(journal().history(id, 0).map(JobEvent::seq), 0)
                .expectSubscription()
                .thenRequest(2)
                .expectNext(1L, 2L)
                .thenRequest(3)
                .expectNext(3L, 4L, 5L)
                .thenRequest(Long.MAX_VALUE)
                .expectNextCount(198)
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(journal().history(id, 0).map(JobEvent::seq), 3)
                .expectNext(1L, 2L, 3L)
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    default void theHistoryOfOneJobIsNotThatOfAnother() {
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            jobs.add(accept());
        }
        claim(ROUTE, 3);
        for (Job job : jobs) {
            assertThat(history(job.id())).extracting(JobEvent::job).containsOnly(job.id());
            numbersHaveNoGap(job.id());
        }
    }

    @Test
    default void ofALongHistoryTheLatestEventsAreKept() {
        Job job = manyTries(Journal.HISTORY_KEPT + 300); // 1 + 2 × 1,300 + 2 events
        long last = job.lastSeq();
        assertThat(last).isEqualTo(1 + 2 * (Journal.HISTORY_KEPT + 300) + 2);
        List<JobEvent> kept = history(job.id());
        assertThat(kept).hasSizeBetween(1 + Journal.HISTORY_KEPT, 2 * Journal.HISTORY_KEPT);
        assertThat(kept.get(0)).isEqualTo(job.accepted());
        long firstKept = kept.get(1).seq();
        assertThat(firstKept).isEqualTo(last - (kept.size() - 2));
        assertThat(kept.get(kept.size() - 1)).isEqualTo(new JobEvent.Finished(job));
        for (long after : new long[] {1, 5, firstKept - 1}) {
            assertThat(get(journal().history(job.id(), after).collectList())).isEqualTo(kept.subList(1, kept.size()));
        }
        assertThat(get(journal().history(job.id(), firstKept).collectList())).isEqualTo(kept.subList(2, kept.size()));
        assertThat(get(journal().history(job.id(), last - 1).collectList())).hasSize(1);

        assertThat(get(journal().forget(job.id()))).isTrue();
        assertThat(history(job.id())).isEmpty();
    }

    /**
     * Several writers move jobs; before each of their moves a new reader of that job comes in. It subscribes to the tail,
     * reads the history, and skips in the tail what the history had: so it must see 1, 2, 3, … up to the end.
     */
    @Test
    default void historyThenTailHasNoGapAndNoRepeatUnderLoad() {
        List<Appended> appended = race(60, i -> append(draft().route("r" + i % 4)));
        Sinks.Many<JobId> readers = Sinks.many().unicast().onBackpressureBuffer();
        Mono<Void> writers = Flux.range(0, 4)
                .flatMap(i -> work("r" + i, readers).subscribeOn(RACERS))
                .then(Mono.fromRunnable(() -> readers.tryEmitComplete().orThrow()));
        Mono<List<Reading>> readings = readers.asFlux()
                .flatMap(id -> follow(id).subscribeOn(RACERS), Integer.MAX_VALUE)
                .collectList();

        List<Reading> seen = get(Mono.zip(readings, writers.thenReturn(true))).getT1();
        assertThat(seen).hasSize(60 * 6);
        for (Appended one : appended) {
            JobId id = ((Appended.Created) one).job().id();
            numbersHaveNoGap(id);
            List<Long> numbers = history(id).stream().map(JobEvent::seq).toList();
            assertThat(numbers).hasSize(13);
            assertThat(seen)
                    .filteredOn(reading -> reading.job().equals(id))
                    .hasSize(6)
                    .extracting(Reading::numbers)
                    .containsOnly(numbers);
        }
    }

    /** What one reader saw of a job. */
    record Reading(JobId job, List<Long> numbers) {}

    private Mono<Reading> follow(JobId id) {
        return Mono.defer(() -> {
            Sinks.Many<JobEvent> live = Sinks.many().unicast().onBackpressureBuffer();
            Disposable tail = journal()
                    .tail(event -> event.job().equals(id))
                    .subscribe(event -> live.tryEmitNext(event).orThrow());
            AtomicLong last = new AtomicLong();
            return journal()
                    .history(id, 0)
                    .doOnNext(event -> last.set(event.seq()))
                    .concatWith(live.asFlux().skipWhile(event -> event.seq() <= last.get()))
                    .takeUntil(JobEvent.Finished.class::isInstance)
                    .map(JobEvent::seq)
                    .collectList()
                    .map(numbers -> new Reading(id, numbers))
                    .doFinally(end -> tail.dispose());
        });
    }

    /** Works out a route until nothing is left: each job is tried again five times and then succeeds. */
    private Mono<Void> work(String route, Sinks.Many<JobId> readers) {
        Mono<Journal.Claimed> claim = Mono.defer(() -> journal().claim(Map.of(route, Journal.Demand.of(3)), LEASE));
        return claim.expand(batch -> Flux.fromIterable(batch.jobs())
                        .doOnNext(job -> readers.emitNext(job.id(), EmitFailureHandler.busyLooping(LIMIT)))
                        .flatMap(this::step)
                        .then(batch.jobs().isEmpty() ? Mono.empty() : claim))
                .then();
    }

    private Mono<Job> step(Job running) {
        return running.attempt() == 6
                ? succeed(running, "done")
                : journal().record(running, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE));
    }

    private Job manyTries(int retries) {
        accept(draft().attempts(retries + 1));
        for (int i = 0; i < retries; i++) {
            Instant now = clock().instant();
            get(journal().record(claimOne(), new Transition.Requeue(RequeueReason.RETRY, now, FAILURE)));
        }
        return get(succeed(claimOne(), "done"));
    }
}
