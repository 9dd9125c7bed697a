package dev.sluice.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ReconnectTest {

    @Test
    void readersStayForTheMeanOnTheMean() {
        double sum = 0;
        int steps = 100_000;
        for (int i = 0; i < steps; i++) {
            sum += Reconnect.staying(1e9, (i + 0.5) / steps);
        }

        assertThat(sum / steps).isCloseTo(1e9, within(1e6));
        assertThat(Reconnect.staying(1e9, 0)).isZero();
    }
}
