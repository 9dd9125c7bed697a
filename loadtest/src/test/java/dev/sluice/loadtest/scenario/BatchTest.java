package dev.sluice.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BatchTest {

    @Test
    void comparesRoundsPairByPair() {
        assertThat(Batch.ratios(List.of(90.0, 55.0, 10.0), List.of(100.0, 50.0)))
                .containsExactly(0.9, 1.1);
        assertThat(Batch.ratios(List.of(1.0), List.of(0.0))).containsExactly(0.0);
    }
}
