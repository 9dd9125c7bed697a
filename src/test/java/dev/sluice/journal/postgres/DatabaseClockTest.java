package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class DatabaseClockTest {

    private static final long MILLI = 1_000_000;
    private static final long HOURS_OFF = Duration.ofHours(5).toMillis();

    private final DatabaseClock clock = new DatabaseClock();

    @Test
    void goesByTheDatabaseHoweverFarThisMachineIsOff() {
        long now = System.nanoTime();
        long there = System.currentTimeMillis() - HOURS_OFF;
        clock.set(there, now - 10 * MILLI, now);
        long since = (System.nanoTime() - now) / MILLI;
        assertThat(clock.millis()).isBetween(there, there + 6 + since + 1);
        assertThat(clock.instant().toEpochMilli()).isBetween(there, there + 6 + since + 1000);
    }

    @Test
    void keepsWhatAgreesWithAReadingAsFarAsThatIsExact() {
        long now = System.nanoTime();
        clock.set(1_000_000, now, now);
        clock.set(1_000_000 + 400, now, now + 1000 * MILLI); // at 500 ms, give or take 500
        assertThat(clock.millis()).isLessThan(1_000_000 + (System.nanoTime() - now) / MILLI + 1);
        clock.set(1_000_000 + 5000, now, now + 1000 * MILLI);
        assertThat(clock.millis()).isGreaterThan(1_000_000 + 4000);
    }

    @Test
    void tellsZonesOfTheSameTime() {
        assertThat(clock.getZone()).isEqualTo(ZoneOffset.UTC);
        ZoneId zone = ZoneId.of("Europe/Berlin");
        assertThat(clock.withZone(zone).getZone()).isEqualTo(zone);
        assertThat(clock.withZone(zone).withZone(ZoneOffset.UTC)).isSameAs(clock);
    }
}
