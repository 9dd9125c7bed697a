package dev.sluice.loadtest.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RigTest {

    @TempDir
    private Path directory;

    private Rig rig() throws Exception {
        return new Rig(new Settings(
                directory,
                directory.resolve("none.jar"),
                Optional.empty(),
                "java",
                List.of("-Xmx64m"),
                JournalKind.MEMORY,
                "",
                ""));
    }

    @Test
    void leavesNoProcessAndNoFileBehind() throws Exception {
        Started sleeper;
        Path work;
        try (Rig rig = rig()) {
            work = rig.work();
            sleeper = rig.start("sleeper", Map.of(), List.of("sleep", "600"));
            Files.writeString(work.resolve("file"), "data");
            assertThat(sleeper.alive()).isTrue();
        }

        assertThat(sleeper.alive()).isFalse();
        assertThat(work).doesNotExist();
    }

    @Test
    void removesWhatAKilledRunHasLeft() throws Exception {
        Path abandoned = Files.createDirectories(directory.resolve("target/runs/" + Integer.MAX_VALUE + "/data"));

        rig().close();

        assertThat(abandoned).doesNotExist();
    }

    @Test
    void saysWhyAProgramIsNotReady() throws Exception {
        try (Rig rig = rig()) {
            Started failing = rig.start("failing", Map.of(), List.of("sh", "-c", "echo no such thing; exit 3"));

            assertThatThrownBy(() -> failing.awaitReady(URI.create("http://127.0.0.1:1/"), Duration.ofSeconds(20)))
                    .isInstanceOf(RigException.class)
                    .hasMessageContaining("ended with 3")
                    .hasMessageContaining("no such thing");
        }
    }

    @Test
    void saysThatTheJarIsMissing() throws Exception {
        try (Rig rig = rig()) {
            assertThatThrownBy(rig::startBackend)
                    .isInstanceOf(RigException.class)
                    .hasMessageContaining("mvn -DskipTests package");
        }
    }
}
