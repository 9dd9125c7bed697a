package dev.sluice.loadtest.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrendTest {

    private static List<double[]> points(DoubleUnaryOperator value) {
        return IntStream.range(0, 30)
                .mapToObj(i -> new double[] {i * 60, value.applyAsDouble(i * 60)})
                .toList();
    }

    @Test
    void fitsALine() {
        Trend trend = Trend.of(points(time -> 100 + 0.5 * time));

        assertThat(trend.slope()).isCloseTo(0.5, within(1e-9));
        assertThat(trend.growth()).isCloseTo(0.5 * 29 * 60, within(1e-6));
        assertThat(trend.grows(0.05, 4)).isTrue();
    }

    @Test
    void noiseAloneIsNoGrowth() {
        Random random = new Random(1);

        assertThat(Trend.of(points(time -> 100 + 10 * random.nextGaussian())).grows(0.05, 4))
                .isFalse();
    }

    @Test
    void seesAGrowthThatTheNoiseDoesNotExplain() {
        Random random = new Random(1);

        assertThat(Trend.of(points(time -> 100 + time / 30 + 3 * random.nextGaussian()))
                        .grows(0.05, 4))
                .isTrue();
    }

    @Test
    void neitherAFallNorWhatDoesNotMatterIsAGrowth() {
        assertThat(Trend.of(points(time -> 100 - time / 30)).grows(0.05, 4)).isFalse();
        assertThat(Trend.of(points(time -> 100 + time / 1000)).grows(0.05, 4)).isFalse();
        assertThat(Trend.of(points(time -> 7)).grows(0.05, 4)).isFalse();
    }

    @Test
    void fewPointsSayNothing() {
        assertThatThrownBy(() -> Trend.of(List.of(new double[] {0, 1}, new double[] {1, 2})))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
