package dev.sluice.queue;

import static dev.sluice.queue.QueueRig.LIMIT;
import static dev.sluice.queue.QueueRig.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.queue.UnreliableJournal.Verb;
import dev.sluice.route.Routes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

class DeadlineKeeperTest {

    private final QueueRig rig = new QueueRig(Routes.route("reports", "/reports", "http://localhost:1"));

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aJobFailsWhenItsDeadlinePassed() {
        rig.deadlines.start();
        Job job = rig.accept("reports", 5, Duration.ofMinutes(1)).block(LIMIT);
        looksOnce();
        assertThat(rig.find(job.id()).state()).isEqualTo(JobState.QUEUED);
        rig.clock.advance(Duration.ofMinutes(1));
        Job failed = rig.awaitState(job.id(), JobState.FAILED);
        assertThat(failed.failure().problem()).isEqualTo(Problem.DEADLINE_EXCEEDED);
    }

    @Test
    void whileTheJournalIsAwayItIsAskedAgainAndThenGoesOn() {
        rig.journal.fail(Verb.FAIL_OVERDUE);
        rig.deadlines.start();
        Job job = rig.accept("reports", 5, Duration.ZERO).block(LIMIT);
        until(() -> rig.count("sluice.queue.journal.errors", "verb", "fail-overdue") >= 3);
        assertThat(rig.find(job.id()).state()).isEqualTo(JobState.QUEUED);
        rig.journal.recover();
        rig.awaitState(job.id(), JobState.FAILED);
        assertThat(rig.count("sluice.pipeline.restarts", "pipeline", "deadline-keeper"))
                .isZero();
    }

    @Test
    void anErrorNobodyExpectedIsCountedAndDoesNotEndIt() {
        rig.journal.failWith(new IllegalArgumentException("planted"), Verb.FAIL_OVERDUE);
        rig.deadlines.start();
        Job job = rig.accept("reports", 5, Duration.ZERO).block(LIMIT);
        until(() -> rig.count("sluice.pipeline.restarts", "pipeline", "deadline-keeper") >= 2);
        rig.journal.recover();
        rig.awaitState(job.id(), JobState.FAILED);
    }

    @Test
    void looksAtTheNextDeadlineOnceASecondAndWhenToldOfANearerOne() {
        rig.accepted("reports");
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Timetable timetable = new Timetable(time);
        DeadlineKeeper keeper = new DeadlineKeeper(timetable.journal(), rig.meters, timetable.clock(), time);
        keeper.watch(timetable.at(1)); // not started: does nothing
        keeper.start();
        time.advanceTimeBy(Duration.ZERO);
        timetable.next = timetable.at(2_300);
        time.advanceTimeBy(Duration.ofMillis(2_999));
        assertThat(timetable.looks).containsExactly(0L, 1_000L, 2_000L, 2_300L);

        timetable.next = Instant.MAX;
        keeper.watch(timetable.at(9_000)); // later than it looks anyhow
        time.advanceTimeBy(Duration.ofMillis(301)); // 3,300
        keeper.watch(timetable.at(3_400));
        keeper.watch(timetable.at(3_350));
        time.advanceTimeBy(Duration.ofMillis(1_050)); // 4,350
        assertThat(timetable.looks).endsWith(2_300L, 3_300L, 3_350L, 4_350L);

        keeper.stop();
        time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(timetable.looks).endsWith(4_350L);
        time.dispose();
    }

    @Test
    void asLongAsNoJobIsUnfinishedItDoesNotAskTheJournal() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Timetable timetable = new Timetable(time);
        UnreliableJournal journal = timetable.journal();
        DeadlineKeeper keeper = new DeadlineKeeper(journal, rig.meters, timetable.clock(), time);
        keeper.start();
        time.advanceTimeBy(Duration.ofMillis(5_500));
        assertThat(timetable.looks).isEmpty();

        rig.accepted("reports"); // and it is not told of a deadline
        time.advanceTimeBy(Duration.ofSeconds(2)); // 7,500
        assertThat(timetable.looks).containsExactly(6_000L, 7_000L);

        keeper.stop();
        time.dispose();
    }

    @Test
    void ofOtherNodesItDoesNotKnowWhetherTheyHaveUnfinishedJobs() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Timetable timetable = new Timetable(time);
        UnreliableJournal journal = timetable.journal();
        journal.sharedBy(2);
        DeadlineKeeper keeper = new DeadlineKeeper(journal, rig.meters, timetable.clock(), time);
        keeper.start();
        time.advanceTimeBy(Duration.ofMillis(2_500));
        assertThat(timetable.looks).containsExactly(0L, 1_000L, 2_000L);
        keeper.stop();
        time.dispose();
    }

    private void looksOnce() {
        int before = rig.journal.tries(Verb.FAIL_OVERDUE);
        until(() -> rig.journal.tries(Verb.FAIL_OVERDUE) > before);
    }

    /** Notes when it is asked, in milliseconds of virtual time, and says what is next. */
    private final class Timetable {

        private final VirtualTimeScheduler time;
        private final CopyOnWriteArrayList<Long> looks = new CopyOnWriteArrayList<>();
        private volatile Instant next = Instant.MAX;

        Timetable(VirtualTimeScheduler time) {
            this.time = time;
        }

        Instant at(long millis) {
            return Instant.EPOCH.plusMillis(millis);
        }

        Clock clock() {
            return new Clock() {
                @Override
                public Instant instant() {
                    return at(time.now(java.util.concurrent.TimeUnit.MILLISECONDS));
                }

                @Override
                public java.time.ZoneId getZone() {
                    return java.time.ZoneOffset.UTC;
                }

                @Override
                public Clock withZone(java.time.ZoneId zone) {
                    throw new UnsupportedOperationException("tests need no zone");
                }
            };
        }

        UnreliableJournal journal() {
            return new UnreliableJournal(rig.journal) {
                @Override
                public Mono<Instant> failOverdue() {
                    return Mono.fromCallable(() -> {
                        Instant now = clock().instant();
                        looks.add(now.toEpochMilli());
                        return next.isAfter(now) ? next : Instant.MAX;
                    });
                }
            };
        }
    }
}
