package dev.sluice.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FaultsTest {

    @Test
    void eachFaultGetsItsShareOfAHundredCalls() {
        Faults faults = new Faults(15, 5, 4, 3, 2);
        Map<Faults.Fault, Integer> seen = new EnumMap<>(Faults.Fault.class);
        for (int number = 0; number < 100; number++) {
            seen.merge(faults.pick(number), 1, Integer::sum);
        }

        assertThat(seen)
                .containsEntry(Faults.Fault.ERROR, 15)
                .containsEntry(Faults.Fault.RESET, 5)
                .containsEntry(Faults.Fault.CUT, 4)
                .containsEntry(Faults.Fault.HANG, 3)
                .containsEntry(Faults.Fault.DRIP, 2)
                .containsEntry(Faults.Fault.NONE, 71);
    }

    @Test
    void noFaultAndNothingButFaults() {
        assertThat(Faults.NONE.pick(0)).isEqualTo(Faults.Fault.NONE);
        assertThat(new Faults(100, 0, 0, 0, 0).pick(99)).isEqualTo(Faults.Fault.ERROR);
    }

    @Test
    void moreThanAHundredIsRefused() {
        assertThatThrownBy(() -> new Faults(60, 30, 11, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Faults(-1, 0, 0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
