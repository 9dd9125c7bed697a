package dev.sluice.protection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {

    private static final long MILLIS = 1_000_000;
    private static final long BEGIN = 1_800_000_000_000L * MILLIS;
    private static final long INTERVAL = 20 * MILLIS;

    private final Pace pace = new Pace();

    @Test
    void startsFollowInIntervals() {
        assertThat(pace.room(BEGIN, INTERVAL, 1)).isEqualTo(1);
        assertThat(pace.next(BEGIN, INTERVAL, 1)).isEqualTo(Long.MAX_VALUE);
        long now = BEGIN;
        for (int i = 0; i < 100; i++) {
            pace.started(1, now, INTERVAL);
            assertThat(pace.room(now, INTERVAL, 1)).isZero();
            long next = pace.next(now, INTERVAL, 1);
            assertThat(next - now).isEqualTo(i == 0 ? INTERVAL / 2 : INTERVAL);
            assertThat(pace.room(next - 1, INTERVAL, 1)).isZero();
            assertThat(pace.room(next, INTERVAL, 1)).isEqualTo(1);
            now = next;
        }
    }

    @Test
    void aStartThatIsALittleLateIsMadeUpFor() {
        long now = BEGIN;
        int starts = 0;
        while (now < BEGIN + 10_000 * MILLIS) {
            pace.started(1, now, INTERVAL);
            starts++;
            now = pace.next(now, INTERVAL, 1) + 3 * MILLIS;
        }
        assertThat(starts).isBetween(499, 501);
    }

    @Test
    void afterAPauseABurstMayStartAndNoMore() {
        assertThat(pace.room(BEGIN, INTERVAL, 10)).isEqualTo(10);
        pace.started(7, BEGIN, INTERVAL);
        assertThat(pace.room(BEGIN, INTERVAL, 10)).isEqualTo(3);
        pace.started(3, BEGIN, INTERVAL);
        assertThat(pace.room(BEGIN, INTERVAL, 10)).isZero();
        long next = pace.next(BEGIN, INTERVAL, 10);
        assertThat(next - BEGIN).isBetween(INTERVAL / 2, INTERVAL);
        assertThat(pace.room(next, INTERVAL, 10)).isEqualTo(1);
        assertThat(pace.room(BEGIN + 3_600_000 * MILLIS, INTERVAL, 10)).isEqualTo(10);
    }

    @Test
    void aBurstOfAgesDoesNotOverflow() {
        long day = 86_400_000 * MILLIS;
        assertThat(pace.room(BEGIN, day, Integer.MAX_VALUE)).isPositive();
        pace.started(1_000_000, BEGIN, day);
        assertThat(pace.next(BEGIN, day, Integer.MAX_VALUE)).isPositive();
    }
}
