package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.Lookup;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class JobWatchTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ScriptedJournal journal = new ScriptedJournal();
    private final JobId job = new JobIds(Clock.systemUTC()).next();
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final EventsMeters meters = new EventsMeters(registry);
    private final JobEventMulticaster multicaster =
            new JobEventMulticaster(journal.journal(), new JobJson(new JobLinks("/jobs")), meters, time);
    private final JobWatch watch = new JobWatch(journal.journal(), multicaster, meters, time);

    @BeforeEach
    void begin() {
        multicaster.start();
        time.advanceTime();
        journal.accept(job);
    }

    @AfterEach
    void end() {
        multicaster.stop();
        time.dispose();
    }

    private static Mono<String> text(Mono<Lookup> found) {
        return found.map(known -> ((Lookup.Known) known).job())
                .map(known -> known.state().text() + " " + known.lastSeq());
    }

    private int waiting() {
        int[] count = {0};
        multicaster.forEach(one -> count[0]++);
        assertThat(registry.get("sluice.events.waiting").gauge().value()).isEqualTo(count[0]);
        return count[0];
    }

    @Test
    void answersAsSoonAsTheJobIsFinishedAndNotBefore() {
        StepVerifier.create(text(watch.finished(job, PATIENCE)))
                .then(() -> journal.start(job))
                .then(time::advanceTime)
                .expectNoEvent(Duration.ofMillis(1))
                .then(() -> journal.cancel(job))
                .then(time::advanceTime)
                .expectNext("cancelled 3")
                .expectComplete()
                .verify(LIMIT);
        assertThat(waiting()).isZero();
        assertThat(journal.finds).as("asked at first and at the end").isEqualTo(2);
    }

    @Test
    void answersAtOnceWhatIsThereAlready() {
        journal.cancel(job);
        StepVerifier.create(text(watch.finished(job, PATIENCE)))
                .expectNext("cancelled 2")
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(text(watch.changed(job, 1, PATIENCE)))
                .expectNext("cancelled 2")
                .expectComplete()
                .verify(LIMIT);
        assertThat(waiting()).isZero();
    }

    @Test
    void answersTheFirstChangeAfterTheNumberSeen() {
        StepVerifier.create(text(watch.changed(job, 1, PATIENCE)))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(1))
                .then(() -> journal.start(job))
                .then(time::advanceTime)
                .expectNext("running 2")
                .expectComplete()
                .verify(LIMIT);
        journal.requeue(job, "503");
        StepVerifier.create(text(watch.changed(job, 2, PATIENCE)))
                .expectNext("queued 3")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void aFinishedJobIsAnsweredWhateverNumberWasSeen() {
        journal.cancel(job);
        StepVerifier.create(text(watch.changed(job, 99, PATIENCE)))
                .expectNext("cancelled 2")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void answersWithWhatThereIsWhenPatienceIsOver() {
        StepVerifier.create(text(watch.finished(job, PATIENCE)))
                .expectSubscription()
                .then(() -> time.advanceTimeBy(PATIENCE.minusMillis(1)))
                .expectNoEvent(Duration.ofMillis(1))
                .then(() -> time.advanceTimeBy(Duration.ofMillis(1)))
                .expectNext("queued 1")
                .expectComplete()
                .verify(LIMIT);
        assertThat(waiting()).isZero();
    }

    @Test
    void missesNothingThatHappensWhileItLooks() {
        boolean[] once = {false};
        journal.beforeFind = () -> {
            if (!once[0]) {
                once[0] = true;
                journal.cancel(job);
                time.advanceTime();
            }
        };
        StepVerifier.create(text(watch.finished(job, PATIENCE)))
                .expectNext("cancelled 2")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void looksAgainWhenEventsMayHaveBeenMissed() {
        StepVerifier.create(text(watch.finished(job, PATIENCE)))
                .then(() -> {
                    journal.deafen();
                    journal.cancel(job);
                    time.advanceTime();
                })
                .expectNoEvent(Duration.ofMillis(1))
                .then(() -> {
                    journal.overflow();
                    time.advanceTimeBy(Duration.ofSeconds(1));
                })
                .expectNext("cancelled 2")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void findsAnEndThatAnotherNodeDidNotTell() {
        journal.elsewhere(true);
        StepVerifier.create(text(watch.finished(job, PATIENCE)))
                .then(() -> assertThat(multicaster.followed()).containsExactly(entry(job, 1L)))
                .then(() -> {
                    journal.start(job);
                    journal.tellNext();
                    time.advanceTime();
                    assertThat(multicaster.followed()).containsExactly(entry(job, 2L));
                    journal.cancel(job);
                    journal.dropNext();
                    time.advanceTime();
                })
                .expectNoEvent(Duration.ofMillis(1))
                .then(() -> {
                    journal.compare();
                    time.advanceTime();
                })
                .expectNext("cancelled 3")
                .expectComplete()
                .verify(LIMIT);
        assertThat(journal.finds).as("asked at first and at the end").isEqualTo(2);
        assertThat(multicaster.followed()).isEmpty();
    }

    @Test
    void isComparedByWhatItFoundWhateverNumberTheClientNames() {
        journal.elsewhere(true);
        StepVerifier.create(text(watch.changed(job, 99, PATIENCE)))
                .then(() -> assertThat(multicaster.followed()).containsExactly(entry(job, 1L)))
                .then(() -> {
                    journal.cancel(job);
                    journal.dropNext();
                    journal.compare();
                    time.advanceTime();
                })
                .expectNext("cancelled 2")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void asksNobodyToTellWhileItLooksForTheFirstTime() {
        journal.beforeFind = () -> assertThat(multicaster.followed()).isEmpty();
        StepVerifier.create(text(watch.finished(job, PATIENCE)))
                .then(() -> {
                    assertThat(multicaster.followed()).containsExactly(entry(job, 1L));
                    journal.beforeFind = () -> {};
                    journal.cancel(job);
                    time.advanceTime();
                })
                .expectNext("cancelled 2")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void aStoppingNodeAnswersWithWhatThereIs() {
        StepVerifier.create(text(watch.finished(job, PATIENCE)))
                .then(multicaster::disconnectAll)
                .expectNext("queued 1")
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(text(watch.finished(job, PATIENCE)))
                .expectNext("queued 1")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void saysNothingOfAJobThatIsNotThereAndPassesOnErrors() {
        StepVerifier.create(watch.finished(new JobIds(Clock.systemUTC()).next(), PATIENCE))
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(watch.answer(new JobIds(Clock.systemUTC()).next(), standing -> false, PATIENCE))
                .expectComplete()
                .verify(LIMIT);
        assertThat(waiting()).isZero();
        journal.beforeFind = () -> {
            throw new JournalUnavailableException("away", null);
        };
        StepVerifier.create(watch.finished(job, PATIENCE))
                .then(() -> time.advanceTimeBy(PATIENCE.plusSeconds(2)))
                .expectError(JournalUnavailableException.class)
                .verify(LIMIT);
        assertThat(waiting()).isZero();
    }

    @Test
    void whoeverGoesAwayIsForgotten() {
        StepVerifier.create(watch.finished(job, PATIENCE))
                .then(() -> assertThat(waiting()).isOne())
                .thenCancel()
                .verify(LIMIT);
        assertThat(waiting()).isZero();
    }

    /** Else the job would be answered as unknown. */
    @Test
    void whoIsDisconnectedBeforeItsFirstQueryStillMakesIt() {
        StepVerifier.create(Flux.<JobWatch.Waiter>create(
                        sink -> new JobWatch.Waiter(job, event -> true, sink).disconnect(),
                        FluxSink.OverflowStrategy.LATEST))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
    }
}
