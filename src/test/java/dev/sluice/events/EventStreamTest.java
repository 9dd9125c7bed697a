package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class EventStreamTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final JobIds IDS = new JobIds(Clock.systemUTC());
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private final ScriptedJournal journal = new ScriptedJournal();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final JobId job = IDS.next();
    private WaitingBytes waiting = new WaitingBytes(Long.MAX_VALUE, System::nanoTime, Runnable::run);
    private Scheduler scheduler = Schedulers.newSingle("events-test");
    private JobEventMulticaster multicaster;
    private EventStream stream;

    @BeforeEach
    void begin() {
        stream = started(256);
    }

    @AfterEach
    void end() {
        stop();
        scheduler.dispose();
    }

    private void stop() {
        stream.stop();
        multicaster.stop();
    }

    private EventStream started(int buffer) {
        JobJson json = new JobJson(new JobLinks("/jobs"));
        EventsMeters meters = new EventsMeters(registry);
        EventsProperties properties = new EventsProperties(HEARTBEAT, buffer, Duration.ofSeconds(2));
        multicaster = new JobEventMulticaster(journal.journal(), json, meters, scheduler);
        EventStream made =
                new EventStream(journal.journal(), multicaster, json, properties, waiting, meters, scheduler);
        multicaster.start();
        made.start();
        settle();
        return made;
    }

    /** Returns when all that the stream has to do on its thread is done. */
    private void settle() {
        if (scheduler instanceof VirtualTimeScheduler virtual) {
            virtual.advanceTime();
            return;
        }
        CountDownLatch done = new CountDownLatch(1);
        scheduler.schedule(done::countDown);
        try {
            assertThat(done.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Flux<Long> numbers(JobId id, long after) {
        return stream.of(id, after, "").filter(frame -> frame.seq() > 0).map(frame -> frame.seq());
    }

    private double readers() {
        return registry.get("sluice.events.readers").gauge().value();
    }

    @Test
    void tellsHistoryThenLiveAndEndsWithTheFinalEvent() {
        journal.accept(job);
        journal.start(job);
        StepVerifier.create(numbers(job, 0))
                .expectNext(1L, 2L)
                .then(() -> journal.requeue(job, "503"))
                .expectNext(3L)
                .then(() -> journal.cancel(job))
                .expectNext(4L)
                .expectComplete()
                .verify(LIMIT);
        assertThat(readers()).isZero();
    }

    /** It is slower than what happens for a while, and never cut, because it has taken all that it was given. */
    @Test
    void aReaderOfManyPiecesGetsThemAllWithoutAGap() {
        int pieces = 20_000;
        journal.accept(job);
        journal.start(job);
        for (int i = 0; i < pieces / 2; i++) {
            journal.emit(job, "piece " + i);
        }
        settle();
        List<Long> seen = new ArrayList<>();
        BaseSubscriber<SseFrame> reader = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                request(1);
            }

            @Override
            protected void hookOnNext(SseFrame frame) {
                if (frame.seq() > 0) {
                    seen.add(frame.seq());
                }
            }
        };
        stream.of(job, 0, "").subscribe(reader);
        for (int i = pieces / 2; i < pieces; i++) {
            journal.emit(job, "piece " + i);
            if (i % 100 == 0) {
                settle();
                reader.request(80);
                assertThat(waiting.held()).isLessThan(Resequencer.HISTORY_BYTES + Resequencer.LIVE_BYTES + 1000);
            }
        }
        reader.request(Long.MAX_VALUE);
        journal.cancel(job);
        Awaitility.await().atMost(LIMIT).until(reader::isDisposed);
        assertThat(seen).isEqualTo(LongStream.rangeClosed(1, pieces + 3).boxed().toList());
    }

    @Test
    void beginsByTellingWhenToComeBack() {
        journal.accept(job);
        StepVerifier.create(stream.of(job, 1, ""))
                .assertNext(frame -> {
                    assertThat(frame.seq()).isZero();
                    assertThat(text(frame)).matches(":\nretry: (2\\d\\d\\d|3000)\n");
                })
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void saysWhichEventsAreNoLongerKept() {
        journal.accept(job);
        journal.happen(job, 8);
        journal.cancel(job);
        journal.cut(job, 6);
        StepVerifier.create(stream.of(job, 0, "").skip(1).map(EventStreamTest::text))
                .assertNext(accepted ->
                        assertThat(accepted).startsWith("event: accepted\n").endsWith("\nid: 1\n\n"))
                .assertNext(gap -> assertThat(gap)
                        .isEqualTo("event: gap\ndata: {\"job\":\"" + job + "\",\"seq\":6,"
                                + "\"at\":\"2026-11-23T13:41:07.123Z\",\"from\":2,\"to\":6}\n\n"))
                .assertNext(next -> assertThat(next).endsWith("\nid: 7\n\n"))
                .expectNextCount(3)
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(stream.of(job, 4, "").skip(1).map(EventStreamTest::text))
                .assertNext(gap -> assertThat(gap).contains("event: gap").contains("\"from\":5,\"to\":6"))
                .expectNextCount(4)
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(numbers(job, 6))
                .expectNext(7L, 8L, 9L, 10L)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void linksAreThoseOfTheReadersOwnPrefix() {
        journal.accept(job);
        StepVerifier.create(Flux.zip(
                        stream.of(job, 1, "/api").map(EventStreamTest::text).last(),
                        stream.of(job, 1, "").map(EventStreamTest::text).last()))
                .then(() -> journal.cancel(job))
                .assertNext(both -> {
                    assertThat(both.getT1()).contains("\"self\":\"/api/jobs/" + job + "\"");
                    assertThat(both.getT2()).contains("\"self\":\"/jobs/" + job + "\"");
                })
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void goesOnAfterTheNumberAReaderHasSeen() {
        journal.accept(job);
        journal.happen(job, 8);
        journal.cancel(job);
        StepVerifier.create(numbers(job, 7))
                .expectNext(8L, 9L, 10L)
                .expectComplete()
                .verify(LIMIT);
    }

    /** The history may bring the last event at the very moment at which the reader has found nothing to send. */
    @Test
    void everyReaderOfAFinishedJobIsSentItsEnd() {
        journal.accept(job);
        journal.cancel(job);
        journal.readOn(Schedulers.parallel());
        StepVerifier.create(Flux.range(0, 40_000)
                        .flatMap(
                                n -> numbers(job, 0)
                                        .publishOn(Schedulers.parallel(), 1)
                                        .collectList(),
                                8)
                        .filter(seen -> !seen.equals(List.of(1L, 2L))))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void completesForAReaderThatHasSeenTheEnd() {
        journal.accept(job);
        journal.cancel(job);
        StepVerifier.create(numbers(job, 2)).expectComplete().verify(LIMIT);
        assertThat(readers()).isZero();
    }

    @Test
    void readsALongHistoryOnlyAsFastAsTheReader() {
        journal.accept(job);
        journal.happen(job, 2_000);
        StepVerifier.create(numbers(job, 0), 0)
                .thenRequest(1)
                .expectNext(1L)
                .expectNoEvent(Duration.ofMillis(50))
                .thenRequest(Long.MAX_VALUE)
                .expectNextSequence(LongStream.rangeClosed(2, 2_001).boxed().toList())
                .then(() -> journal.cancel(job))
                .expectNext(2_002L)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void missesNothingThatHappensBetweenHistoryAndListening() {
        journal.accept(job);
        int[] reads = {0};
        journal.beforeHistory = () -> {
            if (++reads[0] == 2) {
                journal.start(job); // heard and in the history that is being read
            }
        };
        StepVerifier.create(numbers(job, 0))
                .expectNext(1L, 2L)
                .then(() -> journal.cancel(job))
                .expectNext(3L)
                .expectComplete()
                .verify(LIMIT);
        assertThat(reads[0]).isEqualTo(2);
    }

    /** In the moment before a part of its history is read, of which there are three: two at first, one after a lag. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void endsWhenTheJobIsErasedBeforeItsEndWasRead(int part) {
        journal.accept(job);
        journal.start(job);
        int[] reads = {0};
        journal.beforeHistory = () -> {
            if (++reads[0] == part) {
                journal.deafen();
                journal.cancel(job);
                journal.erase(job);
            }
        };
        StepVerifier.create(numbers(job, 0))
                .expectNextSequence(part == 1 ? List.of() : List.of(1L, 2L))
                .then(() -> {
                    if (part == 3) {
                        journal.overflow();
                    }
                })
                .expectComplete()
                .verify(LIMIT);
        assertThat(readers()).isZero();
    }

    @Test
    void hasNoGapAndNoRepeatForReadersThatComeAtAnyMoment() {
        int events = 3_000;
        stop();
        stream = started(65_536);
        journal.accept(job);
        int seen = 6;
        journal.happen(job, seen - 1); // nobody has seen an event that is not there
        Thread writer = new Thread(() -> {
            for (int i = seen; i <= events; i++) {
                journal.happen(job, 1);
            }
            journal.cancel(job);
        });
        writer.start();
        List<Long> all = LongStream.rangeClosed(1, events + 2).boxed().toList();
        Flux<List<Long>> readers = Flux.range(0, 60)
                .flatMap(
                        i -> numbers(job, i % 7)
                                .publishOn(Schedulers.parallel())
                                .collectList()
                                .map(rest -> i % 7 == 0
                                        ? rest
                                        : joined(
                                                LongStream.rangeClosed(1, i % 7)
                                                        .boxed()
                                                        .toList(),
                                                rest)),
                        60);
        StepVerifier.create(readers)
                .recordWith(java.util.ArrayList::new)
                .expectNextCount(60)
                .consumeRecordedWith(told -> assertThat(told).allMatch(all::equals))
                .expectComplete()
                .verify(LIMIT);
        assertThat(readers()).isZero();
    }

    private static List<Long> joined(List<Long> some, List<Long> more) {
        return java.util.stream.Stream.concat(some.stream(), more.stream()).toList();
    }

    @Test
    void looksBackWhenTheTailWasCutForLagging() {
        journal.accept(job);
        StepVerifier.create(numbers(job, 0))
                .expectNext(1L)
                .then(() -> {
                    journal.deafen();
                    journal.happen(job, 5);
                    journal.overflow();
                })
                .expectNext(2L, 3L, 4L, 5L, 6L)
                .then(() -> {
                    journal.deafen();
                    journal.cancel(job);
                    journal.overflow();
                })
                .expectNext(7L)
                .expectComplete()
                .verify(LIMIT);
        assertThat(registry.get("sluice.events.tail.overflows").counter().count())
                .isEqualTo(2);
        assertThat(journal.tails).isEqualTo(3);
    }

    @Test
    void repeatsNothingThatItToldLiveWhenItLooksBack() {
        journal.accept(job);
        StepVerifier.create(numbers(job, 0))
                .expectNext(1L)
                .then(() -> journal.happen(job, 3))
                .expectNext(2L, 3L, 4L)
                .then(() -> {
                    journal.deafen();
                    journal.happen(job, 2);
                    journal.overflow();
                })
                .expectNext(5L, 6L)
                .then(() -> journal.cancel(job))
                .expectNext(7L)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void looksBackForWhatAnotherNodeDidNotTell() {
        journal.accept(job);
        journal.elsewhere(true);
        StepVerifier.create(numbers(job, 0))
                .expectNext(1L)
                .then(() -> {
                    journal.happen(job, 3);
                    journal.dropNext();
                    journal.dropNext();
                    journal.tellNext();
                })
                .expectNext(2L, 3L, 4L)
                .then(() -> {
                    journal.happen(job, 1);
                    journal.tellNext();
                })
                .expectNext(5L)
                .then(() -> {
                    journal.cancel(job);
                    journal.dropNext();
                    journal.compare();
                })
                .expectNext(6L)
                .expectComplete()
                .verify(LIMIT);
        assertThat(journal.histories).as("twice at first, once for the gap").isEqualTo(3);
        assertThat(readers()).isZero();
    }

    @Test
    void saysWhatIsNoLongerKeptOfWhatAnotherNodeDidNotTell() {
        journal.accept(job);
        journal.elsewhere(true);
        StepVerifier.create(stream.of(job, 0, "").skip(2).map(EventStreamTest::text))
                .then(() -> {
                    journal.happen(job, 7);
                    journal.cancel(job);
                    journal.cut(job, 6);
                    while (journal.untold() > 1) {
                        journal.dropNext();
                    }
                    journal.tellNext();
                })
                .assertNext(gap -> assertThat(gap).contains("event: gap").contains("\"from\":2,\"to\":6"))
                .assertNext(next -> assertThat(next).endsWith("\nid: 7\n\n"))
                .assertNext(next -> assertThat(next).endsWith("\nid: 8\n\n"))
                .assertNext(
                        end -> assertThat(end).startsWith("event: cancelled\n").endsWith("\nid: 9\n\n"))
                .expectComplete()
                .verify(LIMIT);
        assertThat(journal.histories).isEqualTo(3);
    }

    /** Of the whole job, or of its history all but the first event. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void looksBackOnceForWhatIsGone(boolean all) {
        journal.accept(job);
        journal.elsewhere(true);
        StepVerifier.create(stream.of(job, 0, "").skip(2).map(EventStreamTest::text))
                .then(() -> {
                    journal.start(job);
                    journal.cancel(job);
                    if (all) {
                        journal.erase(job);
                    } else {
                        journal.cut(job, 3);
                    }
                    journal.dropNext();
                    journal.tellNext();
                })
                .assertNext(gap -> assertThat(gap).contains("event: gap").contains("\"from\":2,\"to\":2"))
                .assertNext(
                        end -> assertThat(end).startsWith("event: cancelled\n").endsWith("\nid: 3\n\n"))
                .expectComplete()
                .verify(LIMIT);
        assertThat(journal.histories).isEqualTo(3);
    }

    @Test
    void isComparedByWhatItKnowsOnlyWhileItListens() {
        journal.accept(job);
        journal.elsewhere(true);
        StepVerifier.create(numbers(job, 0), 0)
                .then(() -> assertThat(multicaster.followed()).containsExactly(entry(job, 1L)))
                .then(() -> journal.happen(job, 100))
                .thenRequest(2)
                .expectNext(1L)
                .then(() -> {
                    journal.dropAll();
                    journal.compare();
                    settle();
                    assertThat(multicaster.followed()).containsExactly(entry(job, 101L));
                    journal.happen(job, 400); // more than may wait
                    while (journal.untold() > 1) {
                        journal.dropNext();
                    }
                    journal.tellNext();
                })
                .thenRequest(100)
                .expectNextSequence(LongStream.rangeClosed(2, 101).boxed().toList())
                .thenRequest(1)
                .expectNext(102L)
                .then(() ->
                        assertThat(multicaster.followed()).as("reads a history").isEmpty())
                .thenRequest(Long.MAX_VALUE)
                .expectNextSequence(LongStream.rangeClosed(103, 501).boxed().toList())
                .then(() -> assertThat(multicaster.followed()).containsExactly(entry(job, 501L)))
                .thenCancel()
                .verify(LIMIT);
        assertThat(multicaster.followed()).isEmpty();
    }

    @Test
    void listensAnewWhenTheTailBreaks() {
        journal.accept(job);
        StepVerifier.create(numbers(job, 0))
                .expectNext(1L)
                .then(() -> {
                    journal.deafen();
                    journal.start(job);
                    journal.breakTail(new IllegalStateException("nobody expected this"));
                })
                .expectNext(2L)
                .then(() -> journal.cancel(job))
                .expectNext(3L)
                .expectComplete()
                .verify(LIMIT);
        assertThat(registry.get("sluice.pipeline.restarts")
                        .tag("pipeline", "events")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void cutsAReaderThatLagsBehindAndNoOther() {
        stop();
        stream = started(16);
        journal.accept(job);
        StepVerifier slow = StepVerifier.create(stream.of(job, 0, ""), 2)
                .expectNextCount(2)
                .expectError(SlowReaderException.class)
                .verifyLater();
        StepVerifier quick = StepVerifier.create(numbers(job, 0))
                .expectNextSequence(LongStream.rangeClosed(1, 102).boxed().toList())
                .expectComplete()
                .verifyLater();
        settle();
        for (int i = 0; i < 100; i++) {
            journal.happen(job, 1);
            settle();
        }
        slow.verify(LIMIT);
        journal.cancel(job);
        quick.verify(LIMIT);
        assertThat(registry.get("sluice.events.slow.readers").counter().count()).isEqualTo(1);
        assertThat(readers()).isZero();
    }

    /** Of a history and of live events alike, in bytes; what had no room comes in its turn. */
    @Test
    void boundsTheBytesThatWaitForAReader() {
        stop();
        stream = started(65_536);
        int most = Resequencer.HISTORY_BYTES + Resequencer.LIVE_BYTES + 2 * 21_000;
        journal.accept(job);
        emit(100);
        StepVerifier.create(numbers(job, 0), 0)
                .thenRequest(1)
                .expectNext(1L)
                .then(() -> assertThat(waiting.held()).isBetween(1L, (long) Resequencer.HISTORY_BYTES + 21_000))
                .thenRequest(201)
                .expectNextSequence(LongStream.rangeClosed(2, 201).boxed().toList())
                .then(() -> {
                    assertThat(waiting.held()).isZero();
                    emit(100);
                    settle();
                    assertThat(waiting.held()).isBetween((long) Resequencer.LIVE_BYTES, (long) most);
                })
                .expectNext(202L)
                .then(() -> {
                    emit(100);
                    settle();
                    assertThat(waiting.held()).isLessThan(most);
                })
                .thenRequest(Long.MAX_VALUE)
                .expectNextSequence(LongStream.rangeClosed(203, 601).boxed().toList())
                .then(() -> journal.cancel(job))
                .expectNext(602L)
                .expectComplete()
                .verify(LIMIT);
        assertThat(waiting.held()).isZero();
    }

    private void emit(int times) {
        for (int i = 0; i < times; i++) {
            journal.start(job);
            journal.requeue(job, "x".repeat(20_000));
        }
    }

    @Test
    void evictsThoseWhoTakeNothingWhenTooMuchWaitsForAll() {
        stop();
        waiting = new WaitingBytes(20L * Resequencer.HISTORY_BYTES, System::nanoTime, Runnable::run);
        stream = started(256);
        journal.accept(job);
        emit(10);
        List<StepVerifier> stalled = IntStream.range(0, 50)
                .mapToObj(i -> StepVerifier.create(stream.of(job, 0, ""), 1)
                        .expectNextCount(1)
                        .expectError(SlowReaderException.class)
                        .verifyLater())
                .toList();
        assertThat(waiting.held()).isLessThan(20L * Resequencer.HISTORY_BYTES);
        assertThat(waiting.evicted()).isBetween(30L, 49L);
        assertThat(registry.get("sluice.events.slow.readers").counter().count()).isEqualTo(waiting.evicted());
        StepVerifier.create(numbers(job, 0).take(21))
                .expectNextCount(21)
                .expectComplete()
                .verify(LIMIT);
        int evicted = (int) waiting.evicted();
        stalled.subList(0, evicted).forEach(reader -> reader.verify(LIMIT));
    }

    @Test
    void turnsAnEventIntoBytesOnceForAllItsReaders() {
        journal.accept(job);
        Flux<SseFrame> started = Flux.range(0, 100)
                .flatMap(
                        i -> stream.of(job, 1, "")
                                .filter(frame -> frame.seq() > 0)
                                .take(1),
                        100);
        StepVerifier.create(started.map(frame -> System.identityHashCode(frame.bytes()))
                        .distinct()
                        .count())
                .then(() -> {
                    settle();
                    journal.start(job);
                })
                .expectNext(1L)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void servesTenThousandReaders() {
        List<JobId> jobs = IntStream.range(0, 1_000).mapToObj(i -> IDS.next()).toList();
        jobs.forEach(journal::accept);
        Flux<Long> all = Flux.range(0, 10_000).flatMap(i -> numbers(jobs.get(i % 1_000), 0), 10_000);
        StepVerifier.create(all.count())
                .then(() -> {
                    assertThat(readers()).isEqualTo(10_000);
                    jobs.forEach(journal::start);
                    jobs.forEach(journal::cancel);
                })
                .expectNext(30_000L)
                .expectComplete()
                .verify(LIMIT);
        assertThat(readers()).isZero();
    }

    @Test
    void forgetsReadersThatGo() {
        journal.accept(job);
        StepVerifier.create(stream.of(job, 0, ""))
                .expectNextCount(2)
                .then(() -> assertThat(readers()).isEqualTo(1))
                .thenCancel()
                .verify(LIMIT);
        assertThat(readers()).isZero();
    }

    @Test
    void passesErrorsOfTheHistoryOn() {
        journal.broken = new IllegalStateException("nobody expected this");
        StepVerifier.create(numbers(job, 0))
                .expectError(IllegalStateException.class)
                .verify(LIMIT);
        assertThat(readers()).isZero();
    }

    @Test
    void sendsReadersAwayWhileTheJournalIs() {
        journal.broken = new JournalUnavailableException("no disk", null);
        StepVerifier.create(stream.of(job, 0, "").map(EventStreamTest::text))
                .expectNextMatches(EventStreamTest::saysLater)
                .expectComplete()
                .verify(LIMIT);
        assertThat(readers()).isZero();
    }

    @Test
    void sendsReadersAwayNowAndLater() {
        journal.accept(job);
        StepVerifier.create(stream.of(job, 0, "").map(EventStreamTest::text))
                .expectNextCount(2)
                .then(stream::disconnectAll)
                .expectNextMatches(EventStreamTest::saysLater)
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(stream.of(job, 1, "").map(EventStreamTest::text).last())
                .expectNextMatches(EventStreamTest::saysLater)
                .expectComplete()
                .verify(LIMIT);
        assertThat(readers()).isZero();
    }

    /** Else all that were told at the same time come back at the same time. */
    @Test
    void tellsReadersToComeBackAtDifferentTimes() {
        journal.accept(job);
        List<String> told = Flux.range(0, 50)
                .flatMap(i -> stream.of(job, 0, "").take(1).map(EventStreamTest::text))
                .collectList()
                .block(LIMIT);
        assertThat(Set.copyOf(told)).hasSizeGreaterThan(25);
    }

    @Test
    void sendsAwayAlsoThoseThatTakeNothing() {
        journal.accept(job);
        StepVerifier.create(stream.of(job, 0, ""), 0)
                .then(stream::disconnectAll)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void beatsInSilenceOnly() {
        stop();
        scheduler.dispose();
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        scheduler = time;
        stream = started(256);
        journal.accept(job);
        StringBuilder seen = new StringBuilder();
        BaseSubscriber<SseFrame> reader = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            protected void hookOnNext(SseFrame frame) {
                seen.append(frame.seq() > 0 ? "e" : text(frame).equals(":\n") ? "h" : "o");
            }
        };
        stream.of(job, 0, "").subscribe(reader);
        assertThat(seen).hasToString("oe");
        time.advanceTimeBy(Duration.ofSeconds(13));
        assertThat(seen).hasToString("oe");
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(seen).hasToString("oeh");
        time.advanceTimeBy(Duration.ofSeconds(10));
        journal.start(job);
        time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(seen).hasToString("oehe");
        time.advanceTimeBy(Duration.ofSeconds(6));
        assertThat(seen).hasToString("oeheh");
        reader.cancel();
    }

    @Test
    void nothingInAnEventCanForgeAnother() {
        journal.accept(job);
        journal.start(job);
        journal.requeue(job, "x\r\n\r\nid: 9\nevent: succeeded\rdata: {}\u2028\u2029\u0085\n\n");
        StepVerifier.create(
                        stream.of(job, 2, "").filter(frame -> frame.seq() > 0).map(EventStreamTest::text))
                .assertNext(frame -> {
                    assertThat(frame).endsWith("\n\n").doesNotContain("\r", "\u2028", "\u2029", "\u0085");
                    assertThat(frame).contains("{}\\u2028\\u2029\\u0085");
                    assertThat(frame.split("\n"))
                            .extracting(line -> line.substring(0, line.indexOf(':')))
                            .as("the id last: an event that is cut behind it would be taken as seen")
                            .containsExactly("event", "data", "id");
                })
                .thenCancel()
                .verify(LIMIT);
    }

    /** From 10 to 15 s. */
    private static boolean saysLater(String text) {
        return text.matches(":\nretry: (1[0-4]\\d\\d\\d|15000)\n");
    }

    private static String text(SseFrame frame) {
        return new String(frame.bytes(), StandardCharsets.UTF_8);
    }
}
