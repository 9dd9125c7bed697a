package dev.sluice.loadtest.measure;

import static org.assertj.core.api.Assertions.assertThat;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class SlicesTest {

    private static Histogram second(int count, long micros) {
        Histogram histogram = Latencies.histogram();
        histogram.recordValueWithCount(micros, count);
        return histogram;
    }

    @Test
    void keepsEachSecondOfAShortRun() {
        Slices slices = new Slices();
        slices.add(second(100, 1_000), 1);
        slices.add(second(200, 3_000), 1);

        assertThat(slices.rates()).containsExactly(100.0, 200.0);
        assertThat(slices.millis(50))
                .hasSize(2)
                .first()
                .satisfies(value -> assertThat(value).isBetween(1.0, 1.01));
    }

    @Test
    void joinsNeighboursOfALongOne() {
        Slices slices = new Slices();
        for (int i = 0; i < 3_600; i++) {
            slices.add(second(i < 1_800 ? 10 : 20, 1_000), 1);
        }

        assertThat(slices.rates()).hasSizeBetween(10, 20);
        assertThat(slices.rates().get(0)).isEqualTo(10);
        assertThat(slices.rates().get(slices.rates().size() - 1)).isEqualTo(20);
    }

    @Test
    void addsTheRestOfASecondToWhatFollows() {
        Slices slices = new Slices();
        slices.add(second(100, 1_000), 1);
        slices.add(second(1, 1_000), 0.01);

        assertThat(slices.rates()).containsExactly(100.0);
    }
}
