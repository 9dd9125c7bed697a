package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.InMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What an operator is told who changed the adapter. */
@ExtendWith(OutputCaptureExtension.class)
class LeftBehindTest {

    private static final String URL = "r2dbc:postgresql://db.example/sluice";

    @TempDir(factory = InMemory.class)
    private Path directory;

    @Test
    void jobsOfTheEmbeddedJournalAreNotServedByTheSharedOne(CapturedOutput output) throws Exception {
        Files.createFile(directory.resolve("CURRENT"));
        JournalProperties properties = properties(JournalProperties.Type.POSTGRES, URL);
        assertThat(new JournalConfiguration(properties)).isNotNull();
        assertThat(output.getAll())
                .contains("WARN")
                .contains(directory.toString())
                .contains("are not served")
                .contains("--sluice.journal.type=rocksdb")
                .contains("run dry");
    }

    @Test
    void anAddressThatIsNotUsedIsNamed(CapturedOutput output) {
        JournalProperties properties = properties(JournalProperties.Type.ROCKSDB, URL);
        assertThat(new JournalConfiguration(properties)).isNotNull();
        assertThat(output.getAll())
                .contains("WARN")
                .contains("sluice.journal.postgres.url is ignored, because sluice.journal.type is rocksdb");
    }

    @Test
    void elseThereIsNothingToSay() throws Exception {
        assertThat(LeftBehind.by(properties(JournalProperties.Type.POSTGRES, URL)))
                .isEmpty();
        Files.createFile(directory.resolve("CURRENT"));
        assertThat(LeftBehind.by(properties(JournalProperties.Type.ROCKSDB, null)))
                .isEmpty();
    }

    private JournalProperties properties(JournalProperties.Type type, String url) {
        return new JournalProperties(
                type,
                directory,
                null,
                Duration.ofDays(7),
                List.of(),
                new JournalProperties.Postgres(url, null, null, "sluice", 10, Duration.ofSeconds(5)));
    }
}
