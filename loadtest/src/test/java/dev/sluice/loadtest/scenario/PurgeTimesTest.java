package dev.sluice.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PurgeTimesTest {

    private static final long SECOND = 1_000_000_000L;

    private final PurgeTimes purge = new PurgeTimes();

    @Test
    void onlyTheTimeBetweenLooksThatDifferCounts() {
        look(0, 10);
        look(1, 10);
        look(2, 30);
        look(3, 50);
        look(60, 50);
        look(61, 60);

        assertThat(purge.purged()).isEqualTo(50);
        assertThat(purge.seconds()).isEqualTo(3);
        assertThat(purge.rate()).isEqualTo(50 / 3.0);
    }

    @Test
    void aTimeIsBusyIfTheCounterRoseAcrossIt() {
        look(0, 0);
        look(1, 0);
        look(2, 5);
        look(3, 5);

        assertThat(purge.busy(SECOND / 2)).isFalse();
        assertThat(purge.busy(SECOND * 3 / 2)).isTrue();
        assertThat(purge.busy(SECOND * 5 / 2)).isFalse();
        assertThat(purge.busy(-1)).isFalse();
        assertThat(purge.busy(SECOND * 9)).isFalse();
    }

    @Test
    void nothingSeenIsNothingPurged() {
        assertThat(purge.purged()).isZero();
        assertThat(purge.rate()).isZero();
        assertThat(purge.busy(0)).isFalse();
    }

    private void look(long seconds, long purged) {
        purge.saw(seconds * SECOND, purged);
    }
}
