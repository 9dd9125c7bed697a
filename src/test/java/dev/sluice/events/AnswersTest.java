package dev.sluice.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A reader of an answer gets every byte once and in order, from wherever it begins, and never takes a part for the whole. */
class AnswersTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ScriptedJournal journal = new ScriptedJournal();
    private final JobId job = new JobIds(Clock.systemUTC()).next();
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final EventsMeters meters = new EventsMeters(new SimpleMeterRegistry());
    private final JobEventMulticaster multicaster =
            new JobEventMulticaster(journal.journal(), new JobJson(new JobLinks("/jobs")), meters, time);
    private final WaitingBytes waiting = new WaitingBytes(200_000, System::nanoTime, Runnable::run);
    private final Answers answers = new Answers(journal.journal(), multicaster, waiting, time);
    private final JobWatch watch = new JobWatch(journal.journal(), multicaster, meters, time);

    @BeforeEach
    void begin() {
        multicaster.start();
        time.advanceTime();
        journal.accept(job);
        journal.start(job);
    }

    @AfterEach
    void end() {
        multicaster.stop();
        time.dispose();
    }

    private final class Reader extends BaseSubscriber<AnswerPart> {

        private final long demand;
        private final StringBuilder seen = new StringBuilder();
        private boolean atTail;

        Reader(long from, long demand, Answers.Until until) {
            this.demand = demand;
            answers.follow(job, 1, from, until).subscribe(this);
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            if (demand > 0) {
                request(demand);
            }
        }

        @Override
        protected void hookOnNext(AnswerPart part) {
            seen.append(new String(part.bytes(), UTF_8));
            atTail = part.atTail();
        }

        @Override
        protected void hookOnComplete() {
            seen.append(" END");
        }

        @Override
        protected void hookOnError(Throwable error) {
            seen.append(' ').append(error.getClass().getSimpleName());
        }
    }

    private Reader reader() {
        return new Reader(0, Long.MAX_VALUE, Answers.Until.END);
    }

    private void happen(Runnable what) {
        what.run();
        time.advanceTime();
    }

    private int listening() {
        int[] count = {0};
        multicaster.forEach(one -> count[0]++);
        return count[0];
    }

    @Test
    void firstWhatIsStoredThenWhatArrives() {
        happen(() -> journal.emit(job, "one "));
        Reader early = reader();
        assertThat(early.seen).hasToString("one ");
        assertThat(early.atTail).isTrue();
        happen(() -> journal.emit(job, "two "));
        Reader late = new Reader(2, Long.MAX_VALUE, Answers.Until.END);
        assertThat(early.seen).hasToString("one two ");
        assertThat(late.seen).hasToString("e two ");
        int read = journal.answers;
        happen(() -> journal.emit(job, "three"));
        assertThat(journal.answers).as("live parts are not read").isEqualTo(read);
        happen(() -> journal.succeed(job));
        assertThat(early.seen).hasToString("one two three END");
        assertThat(late.seen).hasToString("e two three END");
        assertThat(listening()).isZero();
        assertThat(waiting.held()).isZero();
        assertThat(reader().seen).hasToString("one two three END");
        assertThat(new Reader(13, 1, Answers.Until.END).seen).hasToString(" END");
    }

    @Test
    void anAttemptThatFailsBreaksItsReadersOff() {
        happen(() -> journal.emit(job, "half"));
        Reader reader = reader();
        happen(() -> journal.requeue(job, "cut"));
        assertThat(reader.seen).hasToString("half BrokenAnswerException");
        assertThat(reader().seen).hasToString(" BrokenAnswerException");
        happen(() -> journal.start(job));
        happen(() -> journal.emit(job, "again"));
        assertThat(reader().seen).as("of attempt 1").hasToString(" BrokenAnswerException");
    }

    @Test
    void aCancelledJobBreaksItsReadersOff() {
        happen(() -> journal.emit(job, "half"));
        Reader reader = reader();
        happen(() -> journal.cancel(job));
        assertThat(reader.seen).hasToString("half BrokenAnswerException");
    }

    @Test
    void aReaderWhoTakesNothingHoldsABoundedPartAndReadsTheRestLater() {
        happen(() -> journal.emit(job, "x"));
        Reader slow = new Reader(0, 0, Answers.Until.END);
        String piece = "y".repeat(1000);
        for (int i = 0; i < 150; i++) {
            happen(() -> journal.emit(job, piece));
        }
        assertThat(waiting.held()).isLessThan(AnswerReader.LIVE_BYTES + 2000);
        slow.request(Long.MAX_VALUE);
        assertThat(slow.seen.toString()).isEqualTo("x" + piece.repeat(150));
        happen(() -> journal.succeed(job));
        assertThat(slow.seen).endsWith("y END");
    }

    @Test
    void aReaderWhoTakesNothingIsSentAwayAllTheSame() {
        happen(() -> journal.emit(job, "x"));
        Reader slow = new Reader(0, 1, Answers.Until.DRAINING);
        happen(() -> journal.emit(job, "y"));
        happen(() -> journal.emit(job, "z"));
        happen(() -> journal.emit(job, "z"));
        happen(() -> journal.emit(job, "z"));
        assertThat(waiting.held()).isPositive();
        multicaster.disconnectAll();
        assertThat(slow.seen).hasToString("x BrokenAnswerException");
        assertThat(waiting.held()).isZero();
        assertThat(listening()).isZero();
    }

    @Test
    void aReaderWhoTakesNothingIsEvictedWhenMemoryIsShort() {
        happen(() -> journal.emit(job, "x"));
        Reader slow = new Reader(0, 1, Answers.Until.END);
        for (int i = 0; i < 4; i++) {
            happen(() -> journal.emit(job, "y"));
        }
        waiting.open(() -> {}).take(200_000);
        assertThat(slow.seen).hasToString("x SlowReaderException");
        assertThat(waiting.held()).isEqualTo(200_000);
        assertThat(listening()).isZero();
    }

    @Test
    void whatIsBehindAGapIsGivenBack() {
        happen(() -> journal.emit(job, "one "));
        Reader reader = reader();
        Reader slow = new Reader(0, 1, Answers.Until.END);
        journal.elsewhere(true);
        journal.emit(job, "two ");
        journal.emit(job, "three ");
        journal.emit(job, "four");
        happen(journal::dropNext);
        happen(journal::tellNext);
        happen(journal::tellNext);
        slow.request(Long.MAX_VALUE);
        assertThat(reader.seen).hasToString("one two three four");
        assertThat(slow.seen).hasToString("one two three four");
        assertThat(waiting.held()).isZero();
    }

    @Test
    void whatAnotherNodeDidNotTellIsRead() {
        happen(() -> journal.emit(job, "one "));
        Reader reader = reader();
        journal.elsewhere(true);
        happen(() -> journal.emit(job, "two "));
        happen(() -> journal.emit(job, "three "));
        journal.dropNext();
        happen(journal::tellNext);
        assertThat(reader.seen).hasToString("one two three ");
        happen(() -> journal.succeed(job));
        journal.dropAll();
        assertThat(reader.seen).hasToString("one two three ");
        happen(journal::compare);
        assertThat(reader.seen).hasToString("one two three  END");
    }

    @Test
    void readersMissNothingWhenTheTailOverflows() {
        happen(() -> journal.emit(job, "one "));
        Reader reader = reader();
        journal.deafen();
        happen(() -> journal.emit(job, "two "));
        happen(journal::overflow);
        assertThat(reader.seen).hasToString("one two ");
    }

    @Test
    void whateverIsLostOrLateEveryByteComesOnce() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            JobId id = new JobIds(Clock.systemUTC()).next();
            journal.elsewhere(false);
            journal.accept(id);
            journal.start(id);
            journal.elsewhere(random.nextBoolean());
            StringBuilder all = new StringBuilder();
            StringBuilder seen = new StringBuilder();
            boolean[] ended = {false};
            int begin = random.nextInt(10);
            for (int i = 0; i < 30; i++) {
                String text = i + ",";
                all.append(text);
                journal.emit(id, text);
                if (random.nextBoolean()) {
                    time.advanceTime();
                }
                if (i == begin) {
                    answers.follow(id, 1, 0, Answers.Until.END)
                            .subscribe(
                                    part -> seen.append(new String(part.bytes(), UTF_8)),
                                    error -> {},
                                    () -> ended[0] = true);
                }
                while (journal.untold() > 0 && random.nextInt(3) > 0) {
                    if (random.nextInt(4) == 0) {
                        journal.dropNext();
                    } else {
                        journal.tellAny(random);
                    }
                }
            }
            journal.succeed(id);
            journal.dropAll();
            journal.compare();
            time.advanceTime();
            assertThat(seen).hasToString(all.toString());
            assertThat(ended[0]).isTrue();
        }
    }

    @Test
    void onlyWhoCanComeBackIsSentAwayWhenTheNodeStops() {
        happen(() -> journal.emit(job, "one"));
        Reader stays = reader();
        Reader leaves = new Reader(0, Long.MAX_VALUE, Answers.Until.DRAINING);
        multicaster.disconnectAll();
        assertThat(leaves.seen).hasToString("one BrokenAnswerException");
        assertThat(new Reader(0, 1, Answers.Until.DRAINING).seen).endsWith(" BrokenAnswerException");
        happen(() -> journal.succeed(job));
        assertThat(stays.seen).hasToString("one END");
    }

    private void journalIsAway() {
        journal.beforeFind = () -> {
            throw new JournalUnavailableException("away", null);
        };
    }

    private void journalIsBack() {
        journal.beforeFind = () -> {};
    }

    @Test
    void anErrorOfTheJournalIsNoEnd() {
        happen(() -> journal.emit(job, "one"));
        journal.beforeFind = () -> {
            throw new IllegalStateException("a defect");
        };
        assertThat(reader().seen).hasToString(" IllegalStateException");
        assertThat(listening()).isZero();
    }

    @Test
    void aShortAbsenceOfTheJournalBreaksNobodyOff() {
        happen(() -> journal.emit(job, "one "));
        Reader early = reader();
        journalIsAway();
        Reader late = reader();
        happen(() -> journal.emit(job, "two "));
        happen(() -> journal.succeed(job));
        time.advanceTimeBy(Duration.ofSeconds(20));
        assertThat(early.seen).hasToString("one two ");
        assertThat(late.seen).hasToString("");
        journalIsBack();
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(early.seen).hasToString("one two  END");
        assertThat(late.seen).hasToString("one two  END");
        assertThat(listening()).isZero();
    }

    @Test
    void aLongAbsenceOfTheJournalBreaksReadersOff() {
        happen(() -> journal.emit(job, "one"));
        journalIsAway();
        Reader reader = reader();
        time.advanceTimeBy(WhileAway.PATIENCE.minusSeconds(2));
        assertThat(reader.seen).hasToString("");
        time.advanceTimeBy(Duration.ofSeconds(4));
        assertThat(reader.seen).hasToString(" JournalUnavailableException");
        assertThat(listening()).isZero();
    }

    @Test
    void fewReadAtOnceAndOneAfterTheOther() {
        happen(() -> journal.emit(job, "one"));
        Sinks.Empty<Void> answering = Sinks.empty();
        journal.found = answering.asMono();
        List<Reader> readers = IntStream.range(0, 50).mapToObj(i -> reader()).toList();
        assertThat(journal.finds).isEqualTo(AnswerReads.AT_ONCE);
        readers.subList(0, 20).forEach(Reader::cancel);
        assertThat(journal.finds).as("whoever goes leaves its place").isEqualTo(AnswerReads.AT_ONCE + 20);
        journal.found = Mono.empty();
        answering.tryEmitEmpty().orThrow();
        assertThat(readers.subList(20, 50))
                .allSatisfy(reader -> assertThat(reader.seen).hasToString("one"));
    }

    @Test
    void nobodyHasAPlaceWhoTakesNothingOrWaitsForTheJournal() {
        String much = "y".repeat(300_000);
        happen(() -> journal.emit(job, much));
        for (int i = 0; i < AnswerReads.AT_ONCE; i++) {
            new Reader(0, 1, Answers.Until.END);
        }
        assertThat(waiting.held()).isPositive();
        journalIsAway();
        for (int i = 0; i < AnswerReads.AT_ONCE; i++) {
            reader();
        }
        journalIsBack();
        assertThat(reader().seen.toString()).isEqualTo(much);
    }

    @Test
    void aClientThatWaitsDoesNotHearOfAShortAbsence() {
        journalIsAway();
        StepVerifier.create(watch.answer(job, AnswerStanding::isSettled, PATIENCE))
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(5)))
                .then(() -> happen(() -> journal.emit(job, "one")))
                .then(this::journalIsBack)
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(2)))
                .assertNext(standing -> assertThat(standing.answer()).isNotNull())
                .expectComplete()
                .verify(Duration.ofSeconds(20));
        assertThat(listening()).isZero();
    }

    @Test
    void aClientWaitsNoLongerThanItSaysForAJournalThatIsAway() {
        journalIsAway();
        StepVerifier.create(watch.answer(job, AnswerStanding::isSettled, Duration.ofSeconds(3)))
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(5)))
                .expectError(JournalUnavailableException.class)
                .verify(Duration.ofSeconds(20));
        assertThat(listening()).isZero();
    }

    @Test
    void aWaitEndsWhenTheAnswerBegins() {
        StepVerifier.create(watch.answer(job, AnswerStanding::isSettled, PATIENCE))
                .then(() -> happen(() -> journal.requeue(job, "again")))
                .then(() -> happen(() -> journal.start(job)))
                .then(() -> happen(() -> journal.emit(job, "")))
                .assertNext(standing -> {
                    assertThat(standing.answer()).isNotNull();
                    assertThat(standing.answer().attempt()).isEqualTo(2);
                    assertThat(standing.isEnded()).isFalse();
                })
                .expectComplete()
                .verify(Duration.ofSeconds(20));
        assertThat(listening()).isZero();
    }

    @Test
    void aWaitForAnAnswerThatDoesNotBeginEnds() {
        StepVerifier.create(watch.answer(job, AnswerStanding::isSettled, PATIENCE))
                .then(() -> time.advanceTimeBy(PATIENCE))
                .assertNext(standing -> assertThat(standing.isSettled()).isFalse())
                .expectComplete()
                .verify(Duration.ofSeconds(20));
        StepVerifier.create(watch.answer(job, AnswerStanding::isSettled, PATIENCE))
                .then(() -> happen(() -> journal.cancel(job)))
                .assertNext(standing -> {
                    assertThat(standing.isEnded()).isTrue();
                    assertThat(standing.answer()).isNull();
                })
                .expectComplete()
                .verify(Duration.ofSeconds(20));
    }
}
