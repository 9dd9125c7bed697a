package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RocksMemoryTest {

    @ParameterizedTest
    @CsvSource({"64, 16", "256, 32", "512, 64", "768, 96", "24000, 96"})
    void itFollowsTheSizeOfTheContainer(long machine, long expected) {
        assertThat(RocksMemory.bytes(machine << 20)).isEqualTo(expected << 20);
    }

    @Test
    void whatIsInUseCanBeAskedForAtAnyTime(@TempDir Path directory) {
        RocksStores stores = RocksStores.open(directory);
        try (stores) {
            long before = stores.memory();
            StoreFiles.put(stores.main(), Table.REQUESTS, "key", new byte[2 << 20], true);
            assertThat(stores.memory()).isBetween(before + (1 << 20), RocksMemory.bytes());
        }
        assertThat(stores.memory()).isZero();
    }
}
