package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobSpec;
import dev.sluice.job.Output;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalFullException;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.JournalClocks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What the journal in memory may hold is bounded, and what it no longer holds is free again. */
class MemoryBudgetTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Instant NOW = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final JobSpec SPEC =
            JobSpec.builder(NOW, 5, Duration.ofHours(1)).build();

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final MemoryStores stores = new MemoryStores(1 << 20);
    private final EmbeddedJournal journal = new EmbeddedJournal(
            stores, JournalClocks.over(clock), clock::leaseNanos, FollowUps.NONE, new SimpleMeterRegistry());
    private final long empty = stores.used(); // but for the secret

    @AfterEach
    void close() {
        journal.close();
    }

    @Test
    void aRequestThatDoesNotFitIsRefusedAndLeavesNothing() {
        JobId id = ids.next();
        StepVerifier.create(append(id, null, 1 << 20))
                .expectError(JournalFullException.class)
                .verify(LIMIT);
        StepVerifier.create(journal.find(id)).expectComplete().verify(LIMIT);
        heldComesTo(empty);
        assertThat(append(ids.next(), null, 900_000).block(LIMIT)).isInstanceOf(Appended.Created.class);
    }

    @Test
    void manyRequestsAreTakenUntilTheyDoNotFit() {
        long taken = Flux.range(0, 100)
                .concatMap(i -> append(ids.next(), null, 100_000)
                        .map(appended -> true)
                        .onErrorReturn(JournalFullException.class, false))
                .filter(fits -> fits)
                .count()
                .block(LIMIT);
        assertThat(taken).isEqualTo(9);
        assertThat(journal.backlog().waiting()).isEqualTo(9);
        assertThat(stores.used()).isBetween(900_000L, 1L << 20);
    }

    @Test
    void anEighthIsKeptForTheAnswersOfAcceptedJobs() {
        append(ids.next(), null, 850_000).block(LIMIT);
        assertThat(journal.hasRoom()).isTrue();
        StepVerifier.create(append(ids.next(), null, 100_000))
                .expectError(JournalFullException.class)
                .verify(LIMIT);
        assertThat(finish(claim(), 100_000).block(LIMIT).state().finished()).isTrue();
        assertThat(journal.hasRoom()).isFalse();
    }

    @Test
    void anAnswerThatDoesNotFitWaitsForRoom() {
        append(ids.next(), null, 600_000).block(LIMIT);
        Job done = finish(claim(), 100).block(LIMIT);
        append(ids.next(), null, 10).block(LIMIT);
        CompletableFuture<Job> waiting = finish(claim(), 600_000).toFuture();
        // Its pieces are written behind those of the answer, which so have been refused once.
        StepVerifier.create(append(ids.next(), null, 600_000))
                .expectError(JournalFullException.class)
                .verify(LIMIT);
        assertThat(waiting).isNotDone();
        assertThat(journal.forget(done.id()).block(LIMIT)).isTrue();
        assertThat(waiting).succeedsWithin(LIMIT).matches(job -> job.state().finished());
    }

    @Test
    void anAnswerThatDoesNotFitIsGivenUpWithItsClaimAndLeavesNothing() {
        append(ids.next(), null, 10).block(LIMIT);
        Job running = claim();
        long before = settled();
        CompletableFuture<Job> waiting = finish(running, 1 << 20).toFuture();
        clock.advance(Duration.ofSeconds(31)); // its lease was 30 s
        assertThat(waiting).failsWithin(LIMIT).withThrowableThat().withCauseInstanceOf(StaleClaimException.class);
        heldComesTo(before);
    }

    @Test
    void outputThatDoesNotFitWaitsForRoom() {
        append(ids.next(), null, 600_000).block(LIMIT);
        Job done = finish(claim(), 100).block(LIMIT);
        append(ids.next(), null, 10).block(LIMIT);
        Job running = claim();
        CompletableFuture<ReceivedBody> waiting = stream(running, 60).toFuture();
        await().atMost(LIMIT).until(() -> stores.used() > 1_020_000);
        assertThat(waiting).isNotDone();
        assertThat(journal.forget(done.id()).block(LIMIT)).isTrue();
        assertThat(waiting).succeedsWithin(LIMIT).matches(body -> body.size() == 600_000);
        assertThat(journal.history(running.id(), 0)
                        .map(JobEvent::seq)
                        .collectList()
                        .block(LIMIT))
                .hasSize(2 + 60)
                .endsWith(62L);
    }

    @Test
    void outputThatDoesNotFitIsGivenUpWithItsClaimAndWhatWasToldStays() {
        append(ids.next(), null, 10).block(LIMIT);
        Job running = claim();
        CompletableFuture<ReceivedBody> waiting = stream(running, 200).toFuture();
        await().atMost(LIMIT).until(() -> stores.used() > 1_020_000);
        clock.advance(Duration.ofSeconds(31)); // its lease was 30 s
        assertThat(waiting).failsWithin(LIMIT).withThrowableThat().withCauseInstanceOf(StaleClaimException.class);
        assertThat(journal.history(running.id(), 0).count().block(LIMIT)).isGreaterThan(80);
        journal.cancel(running.id()).block(LIMIT);
        assertThat(journal.forget(running.id()).block(LIMIT)).isTrue();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(stores.used()).isLessThan(1_000));
    }

    /** Streams that many pieces of 10,000 bytes. */
    private Mono<ReceivedBody> stream(Job claimed, int pieces) {
        Flux<List<Output>> batches = Flux.range(0, pieces)
                .map(i -> List.of(new Output(false, new byte[10_000], claimed.attempt(), i * 10_000L)));
        return journal.stream(claimed, new JobResult(200, Headers.NONE), batches);
    }

    @Test
    void aRepeatedRequestTakesNothing() {
        IdempotencyKey key = IdempotencyKey.of("r", "", "k");
        append(ids.next(), key, 100_000).block(LIMIT);
        long before = settled();
        assertThat(append(ids.next(), key, 100_000).block(LIMIT)).isInstanceOf(Appended.Replayed.class);
        assertThat(append(ids.next(), key, 100_001).block(LIMIT)).isInstanceOf(Appended.KeyReused.class);
        journal.holds(key).block(LIMIT);
        heldComesTo(before);
    }

    @Test
    void whatIsErasedIsFreeAgain() {
        append(ids.next(), IdempotencyKey.of("r", "", "k"), 100_000).block(LIMIT);
        Job done = finish(claim(), 100_000).block(LIMIT);
        assertThat(stores.used()).isGreaterThan(200_000);
        assertThat(journal.forget(done.id()).block(LIMIT)).isTrue();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(stores.used()).isLessThan(1_000));
        clock.advance(Duration.ofDays(7));
        journal.purge(Duration.ofDays(7)).blockLast(LIMIT);
        heldComesTo(empty);
    }

    /** What nobody needs any more goes behind the backs of those who wait for an answer. */
    private void heldComesTo(long bytes) {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(stores.used()).isEqualTo(bytes));
    }

    /** Bytes that are held when the body of an accepted job is no longer noted as coming in, which is after its answer. */
    private long settled() {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(receiving()).isZero());
        return stores.used();
    }

    private long receiving() {
        long[] count = {0};
        stores.bodies().scan(Table.RECEIVING, CommitGroup.NOTHING, null, (key, value) -> ++count[0] > 0);
        return count[0];
    }

    private Job claim() {
        return journal.claim(Map.of("r", Journal.Demand.of(1)), Duration.ofSeconds(30))
                .block(LIMIT)
                .jobs()
                .get(0);
    }

    private Mono<Appended> append(JobId id, IdempotencyKey key, int bytes) {
        JobRequest.Origin origin = new JobRequest.Origin("192.0.2.7", "https", "gateway.example");
        JobRequest request = new JobRequest("POST", "/r", Headers.of("Content-Type", "text/plain"), origin);
        return journal.append(new NewJob(id, "r", SPEC, NOW, request, Headers.NONE, key), body(bytes));
    }

    private Mono<Job> finish(Job running, int bytes) {
        return Ends.finish(journal, running, new Ending(new JobResult(200, Headers.NONE), null), body(bytes));
    }

    private static Flux<byte[]> body(int bytes) {
        return Flux.just(new byte[bytes / 2], new byte[bytes - bytes / 2]);
    }
}
