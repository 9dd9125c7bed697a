package dev.sluice.loadtest.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessStatsTest {

    @Test
    void readsProcessorTimeWhateverTheNameOfTheProgram() {
        String stat = "17 (a) R 1 (b) S 1 17 17 0 -1 4194560 2163 0 1 0 150 25 0 0 20 0 35 0 5";

        assertThat(ProcessStats.processor(stat)).isEqualTo(Duration.ofMillis(1750));
    }

    @Test
    void readsNumbersByTheirNames() {
        assertThat(ProcessStats.field("Name:\tjava\nVmRSS:\t  2048 kB\nThreads:\t35\n", "VmRSS:"))
                .isEqualTo(2048);
        assertThat(ProcessStats.field("Name:\tjava\n", "VmRSS:")).isZero();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void seesThisProcessAndNoneThatHasEnded() {
        ProcessStats stats = ProcessStats.of(ProcessHandle.current().pid()).orElseThrow();

        assertThat(stats.resident()).isGreaterThan(1_000_000);
        assertThat(stats.threads()).isPositive();
        assertThat(ProcessStats.of(Integer.MAX_VALUE)).isEmpty();
    }
}
