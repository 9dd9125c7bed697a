package dev.sluice.loadtest.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnsyncedTest {

    private static final int SYNCED = 3 * Unsynced.PAGE;

    @TempDir
    private Path directory;

    @Test
    void leavesWhatWasSyncedAndTearsTheLastPage() throws Exception {
        byte[] whole = new byte[40 * Unsynced.PAGE];
        Arrays.fill(whole, (byte) 'x');
        Path live = Files.createDirectories(directory.resolve("live/data"));
        Path cut = Files.createDirectories(directory.resolve("cut/data"));
        Files.write(live.resolve("000007.log"), whole);
        Files.write(cut.resolve("000007.log"), Arrays.copyOf(whole, SYNCED));
        Files.write(live.resolve("000008.log"), whole); // its name was not synced
        Files.write(live.resolve("000009.sst"), whole);
        Files.write(cut.resolve("000009.sst"), new byte[0]);

        Unsynced unsynced = Unsynced.scatter(directory.resolve("live"), directory.resolve("cut"));

        byte[] left = Files.readAllBytes(cut.resolve("000007.log"));
        assertThat(unsynced.torn()).isEqualTo(1);
        assertThat(unsynced.dropped() + unsynced.kept()).isEqualTo(36);
        assertThat(Arrays.copyOf(left, SYNCED)).containsOnly('x');
        assertThat(left.length).isGreaterThan(39 * Unsynced.PAGE).isLessThan(whole.length);
        assertThat(cut.resolve("000008.log")).doesNotExist();
        assertThat(cut.resolve("000009.sst")).isEmptyFile();
    }

    @Test
    void nothingIsTornWhereAllWasSynced() throws Exception {
        for (String name : new String[] {"live", "cut"}) {
            Files.write(Files.createDirectories(directory.resolve(name)).resolve("000007.log"), new byte[10_000]);
        }

        assertThat(Unsynced.scatter(directory.resolve("live"), directory.resolve("cut")))
                .isEqualTo(new Unsynced(0, 0, 0));
    }
}
