package dev.sluice.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.loadtest.measure.Latencies;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContrastTest {

    private final Contrast contrast = new Contrast("202", "beside uploads");

    @Test
    void comparesRoundByRoundAndAllTogether() {
        contrast.alone(of(10));
        contrast.beside(of(20));
        contrast.alone(of(10));
        contrast.beside(of(40));

        assertThat(contrast.ratios()).hasSize(2);
        assertThat(contrast.ratios().get(0)).isCloseTo(2, within(0.01));
        assertThat(contrast.ratios().get(1)).isCloseTo(4, within(0.01));
        assertThat(contrast.ratio()).isCloseTo(4, within(0.01));
    }

    @Test
    void nothingIsNoRatio() {
        assertThat(contrast.ratio()).isZero();
        contrast.alone(new Latencies());
        contrast.beside(of(20));
        assertThat(contrast.ratios()).isEqualTo(List.of(0.0));
    }

    private static Latencies of(long millis) {
        Latencies latencies = new Latencies();
        for (int i = 0; i < 100; i++) {
            latencies.recordNanos(Duration.ofMillis(millis).toNanos());
        }
        return latencies;
    }
}
