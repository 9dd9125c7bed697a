package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RocksMemoryTest {

    @ParameterizedTest
    @CsvSource({"64, 16", "256, 32", "512, 64", "768, 96", "24000, 96"})
    void itFollowsTheSizeOfTheContainer(long machine, long expected) {
        assertThat(RocksMemory.bytes(machine << 20)).isEqualTo(expected << 20);
    }
}
