package dev.sluice.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {

    @Test
    void isOneOfTheNumbers() {
        List<Double> numbers = List.of(4.0, 1.0, 3.0, 2.0);
        assertThat(Spread.at(numbers, 0)).isEqualTo(1);
        assertThat(Spread.at(numbers, 50)).isEqualTo(2);
        assertThat(Spread.at(numbers, 51)).isEqualTo(3);
        assertThat(Spread.at(numbers, 99)).isEqualTo(4);
        assertThat(Spread.at(List.of(7.0), 99)).isEqualTo(7);
    }

    @Test
    void nothingHasNoPercentiles() {
        assertThatThrownBy(() -> Spread.at(List.of(), 50)).isInstanceOf(IllegalArgumentException.class);
    }
}
