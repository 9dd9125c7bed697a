package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class JournalClockTest {

    private static final Instant BEGIN = Sources.BEGIN;
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration TWO_DAYS = Duration.ofDays(2);

    private final Sources sources = new Sources();
    private final JournalClock clock = new JournalClock(sources, sources);

    @Test
    void runsToTheMillisecondAsLongAsTheSourcesAgree() {
        assertThat(clock.instant()).isEqualTo(BEGIN);
        sources.pass(Duration.ofMillis(1));
        assertThat(clock.millis()).isEqualTo(BEGIN.toEpochMilli() + 1);
        sources.pass(Duration.ofDays(900));
        assertThat(clock.instant()).isEqualTo(BEGIN.plusMillis(1).plus(Duration.ofDays(900)));
        assertThat(clock.erasable()).isEqualTo(clock.instant());
    }

    @Test
    void doesNotFollowAStepThatDoesNotHold() {
        for (Duration step : List.of(TWO_DAYS, HOUR.negated(), Duration.ofSeconds(61))) {
            Instant before = clock.instant();
            sources.stepWall(step);
            run(MINUTE);
            assertThat(clock.instant()).isEqualTo(before.plus(MINUTE));
            assertThat(clock.wallAhead()).isEqualTo(step);
            sources.stepWall(step.negated());
            run(HOUR);
            assertThat(clock.instant()).isEqualTo(before.plus(MINUTE).plus(HOUR));
        }
    }

    @Test
    void aStepThatComesAgainAndAgainDoesNotHold() {
        for (int i = 0; i < 30; i++) {
            sources.stepWall(TWO_DAYS);
            run(MINUTE);
            sources.stepWall(TWO_DAYS.negated());
            run(MINUTE);
        }
        assertThat(clock.instant()).isEqualTo(BEGIN.plus(HOUR));
    }

    @Test
    void followsAStepAheadWhenItHasHeld() {
        sources.stepWall(HOUR);
        run(WallTime.HOLD);
        assertThat(clock.instant()).isEqualTo(BEGIN.plus(WallTime.HOLD));
        run(Duration.ofSeconds(1));
        assertThat(clock.instant()).isEqualTo(sources.instant());
        run(MINUTE);
        assertThat(clock.instant()).isEqualTo(sources.instant());
    }

    @Test
    void makesUpForAStepBackByRunningSlowerWhenItHasHeld() {
        sources.stepWall(HOUR.negated());
        run(WallTime.HOLD);
        assertThat(clock.instant()).isEqualTo(BEGIN.plus(WallTime.HOLD));
        Instant before = clock.instant();
        run(HOUR);
        assertThat(Duration.between(before, clock.instant()))
                .isBetween(HOUR.multipliedBy(9).dividedBy(10), HOUR);
        run(HOUR.multipliedBy(9).plusMinutes(1));
        assertThat(clock.wallAhead().abs()).isLessThan(Duration.ofMillis(20));
    }

    @Test
    void followsSmallDifferencesWithoutGoingBack() {
        for (Duration step : List.of(Duration.ofMillis(800), Duration.ofMillis(-800))) {
            sources.stepWall(step);
            Instant before = clock.instant();
            run(Duration.ofSeconds(10));
            Duration passed = Duration.between(before, clock.instant());
            assertThat(passed).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(11));
            run(MINUTE.multipliedBy(2));
            assertThat(clock.wallAhead().abs()).isLessThan(Duration.ofMillis(5));
        }
    }

    /** As of a bad oscillator, or of one that is slewed hard: a thousandth. */
    @Test
    void followsADrift() {
        for (int i = 0; i < 36_000; i++) {
            sources.pass(Duration.ofMillis(100));
            sources.stepWall(Duration.ofNanos(-100_000));
            clock.millis();
        }
        assertThat(clock.wallAhead().abs()).isLessThan(Duration.ofMillis(20));
    }

    /** The nanosecond source does not count the time for which a machine is suspended. */
    @Test
    void afterASuspendedMachineItIsLateForAWhile() {
        sources.stepWall(HOUR.multipliedBy(8));
        run(MINUTE);
        assertThat(clock.instant()).isEqualTo(BEGIN.plus(MINUTE));
        run(WallTime.HOLD);
        assertThat(clock.instant()).isEqualTo(sources.instant());
    }

    /** The nanosecond source counts it. */
    @Test
    void afterAProcessThatWasStoppedItIsRightAtOnce() {
        sources.pass(HOUR);
        assertThat(clock.instant()).isEqualTo(BEGIN.plus(HOUR));
    }

    @Test
    void goesOnFromWhatWasStored() {
        clock.startFrom(BEGIN.minus(HOUR));
        assertThat(clock.instant()).isEqualTo(BEGIN);
        clock.startFrom(BEGIN.plus(HOUR));
        assertThat(clock.instant()).isEqualTo(BEGIN.plus(HOUR));
        run(HOUR);
        assertThat(Duration.between(BEGIN.plus(HOUR), clock.instant()))
                .isBetween(HOUR.multipliedBy(9).dividedBy(10), HOUR);
        run(HOUR.multipliedBy(9).plusMinutes(1));
        assertThat(clock.wallAhead().abs()).isLessThan(Duration.ofMillis(20));
    }

    @Test
    void nothingMayBeErasedBeforeTheMachinesClockSaysSo() {
        clock.startFrom(BEGIN.plus(TWO_DAYS));
        assertThat(clock.erasable()).isEqualTo(BEGIN);
        sources.stepWall(HOUR.negated());
        run(MINUTE);
        assertThat(clock.erasable()).isEqualTo(BEGIN.minus(HOUR).plus(MINUTE));
        sources.stepWall(HOUR);
        assertThat(clock.erasable()).isEqualTo(BEGIN.plus(MINUTE));
    }

    @Test
    void erasingDoesNotJumpAlsoWhenAStepIsFollowed() {
        sources.stepWall(HOUR);
        run(HOUR);
        assertThat(clock.instant()).isEqualTo(sources.instant());
        assertThat(Duration.between(BEGIN, clock.erasable()))
                .isBetween(HOUR, HOUR.multipliedBy(11).dividedBy(10));
        run(HOUR.multipliedBy(10));
        assertThat(clock.erasable()).isEqualTo(sources.instant());
    }

    /** A clock that is days ahead when the process starts may be right, or set back a minute later. */
    @Test
    void atTheStartAClockIsOnTrialBeforeAnythingIsErasedByIt() {
        clock.startFrom(BEGIN.minus(TWO_DAYS));
        run(MINUTE);
        assertThat(clock.instant()).isEqualTo(BEGIN.plus(MINUTE));
        assertThat(clock.erasable()).isBefore(BEGIN.minus(TWO_DAYS).plus(MINUTE.multipliedBy(2)));
        run(WallTime.HOLD);
        assertThat(clock.erasable()).isEqualTo(sources.instant());
    }

    @Test
    void nothingIsErasedByAClockThatIsSetBackSoonAfterTheStart() {
        clock.startFrom(BEGIN.minus(TWO_DAYS));
        run(MINUTE);
        sources.stepWall(TWO_DAYS.negated());
        run(HOUR);
        assertThat(clock.erasable()).isBetween(sources.instant().minus(MINUTE), sources.instant());
        assertThat(clock.instant()).isAfter(BEGIN);
    }

    @Test
    void tellsTheSameInAnotherZone() {
        ZoneId zone = ZoneId.of("Asia/Kolkata");
        Clock there = clock.withZone(zone);
        assertThat(there.getZone()).isEqualTo(zone);
        assertThat(there.instant()).isEqualTo(clock.instant());
    }

    /** Each thread sees a time that does not fall behind what any thread was told before. */
    @Test
    void neverGoesBackForAnyThread() throws Exception {
        AtomicLong nanos = new AtomicLong();
        AtomicLong wall = new AtomicLong();
        Clock jumping = new Clock() {
            @Override
            public Instant instant() {
                long reading = wall.incrementAndGet();
                return BEGIN.plusNanos(nanos.get()).plusMillis(reading % 7 * 500); // up to three seconds to and fro
            }

            @Override
            public ZoneId getZone() {
                return ZoneId.of("Z");
            }

            @Override
            public Clock withZone(ZoneId zone) {
                throw new UnsupportedOperationException();
            }
        };
        JournalClock tested = new JournalClock(jumping, () -> nanos.addAndGet(70_000));
        AtomicLong highest = new AtomicLong();
        Callable<Void> reader = () -> {
            for (int i = 0; i < 200_000; i++) {
                long before = highest.get();
                long told = tested.millis();
                assertThat(told).isGreaterThanOrEqualTo(before);
                highest.accumulateAndGet(told, Math::max);
            }
            return null;
        };
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                readers.add(threads.submit(reader));
            }
            for (Future<Void> one : readers) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Time passes and somebody asks every 100 ms. */
    private void run(Duration time) {
        long left = time.toMillis();
        while (left > 0) {
            long step = Math.min(100, left);
            sources.pass(Duration.ofMillis(step));
            Instant erasable = clock.erasable();
            assertThat(erasable).isBeforeOrEqualTo(clock.instant());
            left -= step;
        }
    }
}
