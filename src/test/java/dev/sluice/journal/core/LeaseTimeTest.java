package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class LeaseTimeTest {

    private final Sources sources = new Sources();
    private final LeaseTime time = new LeaseTime(sources);

    @Test
    void passesWhileTheProcessRuns() {
        for (int i = 0; i < 60; i++) {
            sources.passNanos(LeaseTime.TICK);
            time.getAsLong();
        }
        assertThat(passed()).isEqualTo(LeaseTime.TICK.multipliedBy(60));
    }

    @Test
    void hardlyPassesWhileTheProcessStandsStill() {
        sources.passNanos(Duration.ofHours(3));
        assertThat(passed()).isEqualTo(LeaseTime.LONGEST);
        sources.passNanos(Duration.ofMillis(7));
        assertThat(passed()).isEqualTo(LeaseTime.LONGEST.plusMillis(7));
    }

    @Test
    void neverGoesBack() {
        sources.passNanos(Duration.ofMillis(10));
        time.getAsLong();
        sources.passNanos(Duration.ofMillis(-9));
        assertThat(passed()).isEqualTo(Duration.ofMillis(10));
    }

    @Test
    void isLookedAtUntilItIsClosed() {
        VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
        AtomicInteger looks = new AtomicInteger();
        LeaseTime ticking = LeaseTime.on(scheduler, looks::incrementAndGet);
        int atFirst = looks.get();
        scheduler.advanceTimeBy(LeaseTime.TICK.multipliedBy(3));
        assertThat(looks).hasValue(atFirst + 3);
        ticking.close();
        scheduler.advanceTimeBy(LeaseTime.TICK.multipliedBy(3));
        assertThat(looks).hasValue(atFirst + 3);
    }

    private Duration passed() {
        return Duration.ofNanos(time.getAsLong());
    }
}
