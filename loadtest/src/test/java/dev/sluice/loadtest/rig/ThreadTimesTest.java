package dev.sluice.loadtest.rig;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThreadTimesTest {

    @ParameterizedTest
    @CsvSource({
        "C2 CompilerThre, compiler",
        "G1 Refine#0, garbage collector and VM",
        "VM Thread, garbage collector and VM",
        "sluice-http-nio, event loops",
        "sluice-journal-, journal",
        "rocksdb:low0, journal",
        "sluice-dispatch, 'queue, dispatch and events'",
        "main, other"
    })
    void tellsWhatAThreadIsForByItsName(String name, String work) {
        assertThat(ThreadTimes.work(name)).isEqualTo(work);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void seesTheThreadsOfThisProcess() {
        assertThat(ThreadTimes.of(ProcessHandle.current().pid()).values())
                .extracting(ThreadTimes.One::work)
                .contains("other", "garbage collector and VM");
        assertThat(ThreadTimes.of(Integer.MAX_VALUE)).isEmpty();
    }
}
