package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** A streamed response is stored once, and read as events while it arrives and ever after, and as a body. */
interface OutputContract extends JournalRig {

    JobResult HEAD = new JobResult(200, Headers.of("Content-Type", "text/event-stream"));
    Ending STREAMED = new Ending(HEAD, null);

    /** How many rows of output are stored, once the journal has cleared up. */
    default long outputs() {
        return 0;
    }

    @Test
    default void aStreamIsToldPieceByPieceAndBecomesTheResult() {
        JobId id = accept().id();
        Job claimed = claimOne();
        List<JobEvent> told = new CopyOnWriteArrayList<>();
        Disposable tail = journal().tail(event -> event.job().equals(id)).subscribe(told::add);
        Pieces pieces = new Pieces(claimed);
        List<List<Output>> batches = List.of(
                List.of(pieces.text("½ "), pieces.text("🚰")),
                List.of(),
                List.of(pieces.binary(new byte[] {-1, 0, 3})),
                List.of(pieces.text("x".repeat(20_000)), pieces.text(""), pieces.text("\n\n")));
        ReceivedBody received = get(journal().stream(claimed, HEAD, Flux.fromIterable(batches)));
        List<JobEvent> expected = pieces.events(3);
        assertThat(received.size()).isEqualTo(pieces.bytes().length);
        assertThat(history(id)).endsWith(expected.toArray(JobEvent[]::new)).hasSize(8);
        assertThat(find(id).lastSeq()).isEqualTo(8);
        assertThat(find(id).changedSeq()).isEqualTo(2);

        clock().advance(Duration.ofSeconds(1));
        Job done = get(journal().finish(claimed, STREAMED, received));
        assertThat(done.state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(done.result().size()).isEqualTo(received.size());
        assertThat(done.result().contentType()).isEqualTo("text/event-stream");
        assertThat(history(id)).hasSize(9).containsAll(expected).endsWith(new JobEvent.Finished(done));
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(told).hasSize(7).startsWith(expected.toArray(JobEvent[]::new)));
        tail.dispose();
        StoredResult result = get(journal().result(id));
        assertThat(result.head()).isEqualTo(HEAD);
        assertThat(result.size()).isEqualTo(received.size());
        for (int from : new int[] {0, 1, 3, 7, 10, 11, 5_000, 20_009, 20_011}) {
            assertThat(JournalRig.gathered(result.body(from))).isEqualTo(pieces.bytesFrom(from));
        }
        assertThat(pieces()).as("bodies stored apart").isZero();
        numbersHaveNoGap(id);
        assertThat(backlog().routes()).isEmpty();
    }

    @Test
    default void theHistoryBeginsWithAnyPiece() {
        JobId id = accept().id();
        Job claimed = claimOne();
        Pieces pieces = new Pieces(claimed);
        ReceivedBody received = get(journal().stream(claimed, HEAD, pieces.batches(40, 7, 5)));
        for (int round = 0; round < 2; round++) {
            List<JobEvent> all = history(id);
            assertThat(all).hasSize(42 + round);
            for (int after = 0; after <= all.size(); after++) {
                assertThat(get(journal().history(id, after).collectList())).isEqualTo(all.subList(after, all.size()));
            }
            if (round == 0) {
                get(journal().finish(claimed, STREAMED, received));
            }
        }
    }

    @Test
    default void theAnswerIsReadWhileItArrives() {
        JobId id = accept().id();
        assertThat(get(journal().answer(id))).isNull();
        Job claimed = claimOne();
        assertThat(get(journal().answer(id))).isNull();
        Sinks.Many<List<Output>> batches = Sinks.many().unicast().onBackpressureBuffer();
        Mono<ReceivedBody> streaming =
                journal().stream(claimed, HEAD, batches.asFlux()).cache();
        streaming.subscribe(body -> {}, error -> {});
        Pieces pieces = new Pieces(claimed);
        Flux<JobEvent> told =
                journal().tail(event -> event.job().equals(id)).replay().autoConnect(0);

        batches.tryEmitNext(List.of(pieces.text(""))).orThrow();
        assertThat(get(told.next()).name()).isEqualTo("output");
        Answer begun = get(journal().answer(id));
        assertThat(begun.head()).isEqualTo(HEAD);
        assertThat(begun.attempt()).isEqualTo(1);
        assertThat(begun.size()).isZero();
        assertThat(begun.complete()).isFalse();
        assertThat(JournalRig.gathered(begun.bodyFrom().apply(0))).isEmpty();

        batches.tryEmitNext(List.of(pieces.text("one"), pieces.text("two"))).orThrow();
        batches.tryEmitNext(List.of(pieces.text("three"))).orThrow();
        assertThat(get(told.take(4).collectList())).hasSize(4);
        Answer answer = get(journal().answer(id));
        assertThat(answer.size()).isEqualTo(11);
        assertThat(answer.complete()).isFalse();
        assertThat(get(journal().result(id))).isNull();
        assertThat(get(journal().list(JobFilter.ALL, 10, null)).jobs()).containsExactly(find(id));

        batches.tryEmitNext(List.of(pieces.text("four"))).orThrow();
        batches.tryEmitComplete().orThrow();
        get(journal().finish(claimed, STREAMED, get(streaming)));
        for (int from = 0; from <= 11; from++) {
            assertThat(JournalRig.text(answer.bodyFrom().apply(from))).isEqualTo("onetwothree".substring(from));
        }
        Answer ended = get(journal().answer(id));
        assertThat(ended.complete()).isTrue();
        assertThat(ended.attempt()).isEqualTo(1);
        assertThat(ended.size()).isEqualTo(15);
        assertThat(JournalRig.text(ended.bodyFrom().apply(2))).isEqualTo("etwothreefour");
    }

    @Test
    default void anOrdinaryResultIsAnAnswer() {
        JobId id = accept().id();
        get(succeed(claimOne(), "done"));
        Answer answer = get(journal().answer(id));
        assertThat(answer.complete()).isTrue();
        assertThat(answer.attempt()).isEqualTo(1);
        assertThat(answer.size()).isEqualTo(4);
        assertThat(JournalRig.text(answer.bodyFrom().apply(1))).isEqualTo("one");
        assertThat(JournalRig.gathered(answer.bodyFrom().apply(4))).isEmpty();
        assertThat(get(journal().answer(newId()))).isNull();

        JobId failed = accept().id();
        get(journal().record(claimOne(), new Transition.Fail(FAILURE, null)));
        assertThat(get(journal().answer(failed))).isNull();
    }

    @Test
    default void whatAFailedAttemptSentStaysAndTheAnswerIsThatOfTheLatest() {
        JobId id = accept().id();
        Job first = claimOne();
        Pieces broken = new Pieces(first);
        IOException cut = new IOException("cut short");
        Flux<List<Output>> batches = Flux.concat(broken.batches(5, 3, 2), Flux.error(cut));
        StepVerifier.create(journal().stream(first, HEAD, batches))
                .expectErrorMatches(error -> error == cut)
                .verify(LIMIT);
        Answer ofBroken = get(journal().answer(id));
        assertThat(ofBroken.size()).isEqualTo(15);
        get(journal().record(first, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        assertThat(get(journal().answer(id))).as("of an attempt that is over").isNull();
        Job second = claimOne();
        assertThat(get(journal().answer(id))).isNull();

        Pieces whole = new Pieces(second);
        JobResult head = new JobResult(201, Headers.of("Content-Type", "application/x-ndjson"));
        ReceivedBody received = get(journal().stream(second, head, whole.batches(4, 3, 2)));
        Answer answer = get(journal().answer(id));
        assertThat(JournalRig.gathered(ofBroken.bodyFrom().apply(0)))
                .as("by who has begun to read the first one")
                .isEqualTo(broken.bytes());
        assertThat(answer.attempt()).isEqualTo(2);
        assertThat(answer.head()).isEqualTo(head);
        assertThat(JournalRig.gathered(answer.bodyFrom().apply(0))).isEqualTo(whole.bytes());
        get(journal().finish(second, new Ending(head, FAILURE), received));
        assertThat(find(id).state()).isEqualTo(JobState.FAILED);
        assertThat(JournalRig.gathered(get(journal().result(id)).body())).isEqualTo(whole.bytes());
        List<JobEvent> events = history(id);
        assertThat(events).containsAll(broken.events(3)).containsAll(whole.events(10));
        assertThat(events).hasSize(14);
        numbersHaveNoGap(id);
    }

    /** An orderly stop before a call was seen gives its number back. */
    @Test
    default void anAnswerIsNotTakenForThatOfAnAttemptWithTheSameNumber() {
        JobId id = accept().id();
        Job first = claimOne();
        get(journal().stream(first, HEAD, new Pieces(first).batches(5, 3, 2)));
        get(journal().record(first, new Transition.Requeue(RequeueReason.NODE_STOPPED, clock().instant(), null)));
        Job again = claimOne();
        assertThat(again.attempt()).isEqualTo(1);
        assertThat(get(journal().answer(id))).isNull();
        Pieces pieces = new Pieces(again);
        ReceivedBody received = get(journal().stream(again, HEAD, pieces.batches(2, 4, 2)));
        assertThat(JournalRig.gathered(get(journal().answer(id)).bodyFrom().apply(0)))
                .isEqualTo(pieces.bytes());
        get(journal().finish(again, STREAMED, received));
        assertThat(JournalRig.gathered(get(journal().result(id)).body())).isEqualTo(pieces.bytes());
    }

    /** What a model writes in an hour is read without a gap by readers that come at any time. */
    @Test
    default void aHundredThousandPiecesAreKeptWhole() {
        int many = 100_000;
        JobId id = accept().id();
        Job claimed = claimOne();
        Pieces pieces = new Pieces(claimed);
        Flux<Long> live = follow(id).takeUntil(seq -> seq == many + 2L).replay().autoConnect(0);
        Flux<List<Output>> batches = pieces.batches(many, 21, 500);
        Mono<ReceivedBody> streaming = journal().stream(claimed, HEAD, batches).cache();
        streaming.subscribe(body -> {}, error -> {});
        get(live.filter(seq -> seq > many / 2).next()); // a reader comes in the middle
        assertThat(get(journal()
                        .history(id, 0)
                        .map(JobEvent::seq)
                        .limitRate(16)
                        .take(many / 2)
                        .collectList()))
                .isEqualTo(LongStream.rangeClosed(1, many / 2).boxed().toList());
        ReceivedBody received = get(streaming);
        assertThat(get(live.collectList()))
                .isEqualTo(LongStream.rangeClosed(1, many + 2L).boxed().toList());
        get(journal().finish(claimed, STREAMED, received));

        List<JobEvent> events = get(journal().history(id, 0).limitRate(64).collectList());
        assertThat(events).hasSize(many + 3);
        assertThat(events.subList(2, many + 2)).isEqualTo(pieces.events(3));
        List<JobEvent> late = get(journal().history(id, many / 2).collectList());
        assertThat(late).isEqualTo(events.subList(many / 2, events.size()));
        StoredResult result = get(journal().result(id));
        assertThat(JournalRig.gathered(result.body())).isEqualTo(pieces.bytes());
        Random random = new Random(7);
        for (int i = 0; i < 50; i++) {
            int from = random.nextInt(many * 21);
            assertThat(result.body(from).blockFirst(LIMIT))
                    .satisfies(part ->
                            assertThat(part).isEqualTo(Arrays.copyOfRange(pieces.bytesFrom(from), 0, part.length)));
        }
        get(journal().forget(id));
        assertThat(history(id)).isEmpty();
        assertThat(get(journal().result(id))).isNull();
        assertThat(outputs()).isZero();
    }

    @Test
    default void otherEventsAreTrimmedAndOutputIsNot() {
        JobId id = accept().id();
        Job claimed = claimOne();
        Pieces pieces = new Pieces(claimed);
        int rounds = 45;
        Flux<List<Output>> batches = pieces.batches(rounds * 20, 5, 20)
                .concatMap(batch -> Flux.range(0, 50)
                        .flatMap(
                                i -> journal().report(id, new Transition.Report(new Progress(i * 1.0, null), null)), 64)
                        .then(Mono.just(batch)));
        ReceivedBody received = get(journal().stream(claimed, HEAD, batches));
        Job done = get(journal().finish(claimed, STREAMED, received));
        List<JobEvent> events = history(id);
        assertThat(done.lastSeq()).isEqualTo(2 + rounds * 70 + 1);
        assertThat(events)
                .extracting(JobEvent::seq)
                .isSorted()
                .doesNotHaveDuplicates()
                .contains(1L);
        assertThat(events.stream()
                        .filter(JobEvent.Emitted.class::isInstance)
                        .map(event -> ((JobEvent.Emitted) event).output())
                        .toList())
                .isEqualTo(pieces.all());
        List<JobEvent> others = events.stream()
                .filter(event -> !(event instanceof JobEvent.Emitted) && event.seq() > 1)
                .toList();
        assertThat(others).hasSizeBetween(Journal.HISTORY_KEPT, 2 * Journal.HISTORY_KEPT);
        long kept = others.get(0).seq();
        assertThat(events).filteredOn(event -> event.seq() >= kept).hasSize((int) (done.lastSeq() - kept + 1));
        assertThat(JournalRig.gathered(get(journal().result(id)).body())).isEqualTo(pieces.bytes());
        get(journal().forget(id));
        assertThat(history(id)).isEmpty();
        assertThat(outputs()).isZero();
    }

    @Test
    default void aCancelledStreamEnds() {
        JobId id = accept().id();
        Job claimed = claimOne();
        Pieces pieces = new Pieces(claimed);
        Sinks.Many<List<Output>> batches = Sinks.many().unicast().onBackpressureBuffer();
        Mono<ReceivedBody> streaming =
                journal().stream(claimed, HEAD, batches.asFlux()).cache();
        Mono<JobEvent> told =
                journal().tail(event -> event.job().equals(id)).next().cache();
        told.subscribe();
        streaming.subscribe(body -> {}, error -> {});
        batches.tryEmitNext(List.of(pieces.text("so far"))).orThrow();
        assertThat(get(told)).isEqualTo(pieces.events(3).get(0));
        get(journal().cancel(id));
        batches.tryEmitNext(List.of(pieces.text("too late"))).orThrow();
        assertStale(streaming);
        assertThat(names(id)).containsExactly("accepted", "started", "output", "cancelled");
        assertThat(get(journal().answer(id))).isNull();
        assertThat(get(journal().result(id))).isNull();
        numbersHaveNoGap(id);
        get(journal().forget(id));
        assertThat(outputs()).isZero();
    }

    @Test
    default void aStreamEndsWithItsClaim() {
        JobId id = accept(draft().deadlineIn(Duration.ofHours(1))).id();
        Job late = claimOne();
        ReceivedBody received = get(journal().stream(late, HEAD, new Pieces(late).batches(5, 3, 2)));
        clock().advance(LEASE);
        assertStale(journal().finish(late, STREAMED, received));
        assertStale(journal().stream(late, HEAD, new Pieces(late).batches(5, 3, 2)));
        Job next = claimOne();
        assertStale(journal().stream(late, HEAD, new Pieces(late).batches(5, 3, 2)));
        assertStale(journal().finish(next, STREAMED, received));
        get(journal().stream(next, HEAD, new Pieces(next).batches(5, 3, 2)));
        clock().advance(Duration.ofHours(1));
        get(journal().failOverdue());
        assertThat(find(id).state()).isEqualTo(JobState.FAILED);
        assertThat(get(journal().answer(id))).isNull();
        numbersHaveNoGap(id);
        assertThat(history(id)).hasSize(15);
    }

    @Test
    default void anEndThatIsRepeatedKeepsTheStream() {
        accept();
        Job claimed = claimOne();
        Pieces pieces = new Pieces(claimed);
        ReceivedBody received = get(journal().stream(claimed, HEAD, pieces.batches(5, 3, 2)));
        get(journal().finish(claimed, STREAMED, received));
        assertStale(journal().finish(claimed, STREAMED, received));
        assertThat(JournalRig.gathered(get(journal().result(claimed.id())).body()))
                .isEqualTo(pieces.bytes());
    }

    @Test
    default void aResponseMayEndTheJobInPlaceOfWhatWasStreamed() {
        JobId id = accept().id();
        Job claimed = claimOne();
        get(journal().stream(claimed, HEAD, new Pieces(claimed).batches(5, 3, 2)));
        get(succeed(claimed, "done"));
        assertThat(JournalRig.text(get(journal().result(id)).body())).isEqualTo("done");
        assertThat(JournalRig.text(get(journal().answer(id)).bodyFrom().apply(1)))
                .isEqualTo("one");
        assertThat(history(id)).hasSize(8);
        get(journal().forget(id));
        assertThat(outputs()).isZero();
    }

    @Test
    default void aStreamWithoutAByteIsAnEmptyResult() {
        for (Flux<List<Output>> nothing : List.of(
                Flux.<List<Output>>empty(), Flux.just(List.<Output>of()), Flux.just(List.of(Output.text("", 1, 0))))) {
            JobId id = accept().id();
            Job claimed = claimOne();
            ReceivedBody received = get(journal().stream(claimed, HEAD, nothing));
            assertThat(received.size()).isZero();
            get(journal().finish(claimed, STREAMED, received));
            StoredResult result = get(journal().result(id));
            assertThat(result.head()).isEqualTo(HEAD);
            assertThat(result.size()).isZero();
            assertThat(JournalRig.gathered(result.body())).isEmpty();
            assertThat(get(journal().answer(id)).complete()).isTrue();
            numbersHaveNoGap(id);
        }
    }

    @Test
    default void piecesThatDoNotFollowAreRefused() {
        JobId id = accept().id();
        Job claimed = claimOne();
        assertFails(
                () -> get(journal().stream(claimed, HEAD, Flux.just(List.of(Output.text("a", 1, 1))))),
                IllegalArgumentException.class);
        assertFails(
                () -> get(journal().stream(claimed, HEAD, Flux.just(List.of(Output.text("a", 2, 0))))),
                IllegalArgumentException.class);
        assertFails(
                () -> get(journal().record(claimed, new Transition.Emit(Output.text("a", 1, 0)))),
                IllegalArgumentException.class);
        assertThat(names(id)).containsExactly("accepted", "started");
        get(journal().stream(claimed, HEAD, Flux.just(List.of(Output.text("a", 1, 0)))));
        assertFails(
                () -> get(journal().stream(claimed, HEAD, Flux.just(List.of(Output.text("b", 1, 0))))),
                IllegalStateException.class);
        assertThat(names(id)).containsExactly("accepted", "started", "output");
    }

    @Test
    default void whatExpiredLeavesNoOutput() {
        JobId id = accept().id();
        Job claimed = claimOne();
        ReceivedBody received = get(journal().stream(claimed, HEAD, new Pieces(claimed).batches(300, 30, 7)));
        get(journal().finish(claimed, STREAMED, received));
        JobId failed = accept().id();
        Job other = claimOne();
        get(journal().stream(other, HEAD, new Pieces(other).batches(9, 30, 7)));
        get(journal().record(other, new Transition.Fail(FAILURE, null)));
        clock().advance(Duration.ofHours(2));
        assertThat(purge()).isEqualTo(2);
        for (JobId gone : List.of(id, failed)) {
            assertThat(history(gone)).isEmpty();
            assertThat(get(journal().answer(gone))).isNull();
            assertThat(get(journal().result(gone))).isNull();
        }
        assertThat(outputs()).isZero();
    }

    @Test
    default void aBodyThatIsErasedWhileItIsReadBreaksOff() {
        JobId id = accept().id();
        Job claimed = claimOne();
        ReceivedBody received = get(journal().stream(claimed, HEAD, new Pieces(claimed).batches(100, 16_000, 4)));
        get(journal().finish(claimed, STREAMED, received));
        Answer answer = get(journal().answer(id));
        StepVerifier.create(answer.bodyFrom().apply(0), 1)
                .expectNextCount(1)
                .then(() -> get(journal().forget(id)))
                .thenRequest(Long.MAX_VALUE)
                .thenConsumeWhile(part -> true)
                .expectError(JobErasedException.class)
                .verify(LIMIT);
    }

    @Test
    default void whatWasToldOfAStreamIsThereAfterAReopen() {
        Pieces told = streamedHalf();
        reopen();
        goesOn(told);
    }

    @Test
    default void whatWasToldOfAStreamIsThereAfterAKill() {
        Pieces told = streamedHalf();
        killAndReopen();
        goesOn(told);
    }

    @Test
    default void aStreamedResultIsThereAfterAReopen() {
        JobId id = accept().id();
        Job claimed = claimOne();
        Pieces pieces = new Pieces(claimed);
        ReceivedBody received = get(journal().stream(claimed, HEAD, pieces.batches(50, 9, 5)));
        get(journal().finish(claimed, STREAMED, received));
        List<JobEvent> before = history(id);
        reopen();
        assertThat(history(id)).isEqualTo(before);
        assertThat(JournalRig.gathered(get(journal().result(id)).body(100))).isEqualTo(pieces.bytesFrom(100));
        get(journal().forget(id));
        assertThat(outputs()).isZero();
    }

    @Test
    default void closingFailsAStream() {
        accept();
        Job claimed = claimOne();
        Flux<List<Output>> batches = Flux.concat(new Pieces(claimed).batches(1, 3, 1), Flux.never());
        Mono<ReceivedBody> streaming = journal().stream(claimed, HEAD, batches).cache();
        streaming.subscribe(body -> {}, error -> {});
        journal().close();
        StepVerifier.create(streaming).expectError(IllegalStateException.class).verify(LIMIT);
        StepVerifier.create(journal().stream(claimed, HEAD, Flux.empty()))
                .expectError(IllegalStateException.class)
                .verify(LIMIT);
        StepVerifier.create(journal().answer(claimed.id()))
                .expectError(IllegalStateException.class)
                .verify(LIMIT);
    }

    /** The numbers that a reader sees who reads on in the history whenever the tail is too fast for it. */
    private Flux<Long> follow(JobId id) {
        AtomicLong last = new AtomicLong();
        return Flux.defer(() -> {
                    Sinks.Many<JobEvent> tail = Sinks.many().unicast().onBackpressureBuffer();
                    journal()
                            .tail(event -> event.job().equals(id))
                            .subscribe(tail::tryEmitNext, tail::tryEmitError, tail::tryEmitComplete);
                    return journal().history(id, last.get()).concatWith(tail.asFlux());
                })
                .map(JobEvent::seq)
                .filter(seq -> seq > last.get())
                .doOnNext(last::set)
                .retryWhen(Retry.indefinitely().filter(TailOverflowException.class::isInstance));
    }

    private Pieces streamedHalf() {
        accept();
        Job claimed = claimOne();
        Pieces pieces = new Pieces(claimed);
        get(journal().report(claimed.id(), new Transition.Report(new Progress(50.0, "half"), null)));
        get(journal().stream(claimed, HEAD, pieces.batches(30, 9, 4)));
        assertThat(history(claimed.id())).hasSize(33).endsWith(pieces.events(4).toArray(JobEvent[]::new));
        return pieces;
    }

    private void goesOn(Pieces told) {
        JobId id = told.claimed.id();
        assertThat(history(id)).hasSize(34).containsAll(told.events(4));
        numbersHaveNoGap(id);
        assertThat(find(id).changedSeq()).isEqualTo(34);
        assertThat(get(journal().answer(id))).isNull();
        assertStale(journal().stream(told.claimed, HEAD, Flux.just(List.of(Output.text("late", 1, 0)))));
        Job again = claimOne();
        Pieces pieces = new Pieces(again);
        ReceivedBody received = get(journal().stream(again, HEAD, pieces.batches(30, 9, 4)));
        get(journal().finish(again, STREAMED, received));
        assertThat(JournalRig.gathered(get(journal().result(id)).body())).isEqualTo(pieces.bytes());
        assertThat(history(id)).hasSize(66).containsAll(told.events(4)).containsAll(pieces.events(36));
        numbersHaveNoGap(id);
    }

    /** Makes the pieces of the response to a claimed job. */
    final class Pieces {

        private final Job claimed;
        private final List<Output> all = new ArrayList<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final java.time.Instant at;

        Pieces(Job claimed) {
            this.claimed = claimed;
            this.at = claimed.startedAt();
        }

        Output text(String text) {
            return piece(true, text.getBytes(StandardCharsets.UTF_8));
        }

        Output binary(byte[] piece) {
            return piece(false, piece);
        }

        private synchronized Output piece(boolean text, byte[] piece) {
            Output output = new Output(text, piece, claimed.attempt(), bytes.size());
            all.add(output);
            bytes.writeBytes(piece);
            return output;
        }

        /** Batches of pieces of one size, made as they are asked for. */
        Flux<List<Output>> batches(int many, int size, int batch) {
            return Flux.range(0, many)
                    .map(i -> text(String.format(Locale.ROOT, "%0" + size + "d", i)))
                    .buffer(batch);
        }

        List<Output> all() {
            return all;
        }

        byte[] bytes() {
            return bytes.toByteArray();
        }

        byte[] bytesFrom(int from) {
            return Arrays.copyOfRange(bytes(), from, bytes.size());
        }

        /** The events, of which the first has that number, if all were recorded when the attempt began. */
        List<JobEvent> events(long first) {
            List<JobEvent> events = new ArrayList<>();
            for (Output piece : all) {
                events.add(new JobEvent.Emitted(claimed.id(), claimed.route(), first + events.size(), at, piece));
            }
            return events;
        }
    }
}
