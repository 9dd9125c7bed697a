package dev.sluice.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.loadtest.report.Stretch;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeaksTest {

    private static final List<double[]> CURVE =
            List.of(new double[] {1, 5}, new double[] {2, 9}, new double[] {3, 7}, new double[] {10, 20});

    @Test
    void looksAtItsPhasesOnly() {
        assertThat(Peaks.of(CURVE, List.of(new Stretch("a", 0, 1.5), new Stretch("a", 2.5, 4))))
                .hasValue(7);
        assertThat(Peaks.of(CURVE, List.of(new Stretch("a", 4, 9)))).isEmpty();
    }
}
