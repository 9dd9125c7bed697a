package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Journal;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** What an operator reads when the journal cannot be opened. */
@ExtendWith(OutputCaptureExtension.class)
class StartTest {

    @TempDir
    private Path directory;

    /** Not marked as a configuration: the scan of tests that start the whole gateway must not find it. */
    @EnableConfigurationProperties(dev.sluice.journal.JournalProperties.class)
    @Import(EmbeddedConfiguration.class)
    static class JournalOnly {
        @Bean
        SimpleMeterRegistry registry() {
            return new SimpleMeterRegistry();
        }
    }

    @Test
    void aSecondGatewayOnTheSameDirectorySaysSoInOneMessage(CapturedOutput output) {
        try (Journal first = new EmbeddedJournal(
                RocksStores.open(directory),
                JournalClock.system(),
                System::nanoTime,
                FollowUps.NONE,
                new SimpleMeterRegistry())) {
            assertThat(first.health().up()).isTrue();
            SpringApplicationBuilder second =
                    new SpringApplicationBuilder(JournalOnly.class).web(WebApplicationType.NONE);
            assertThatThrownBy(() -> second.run("--sluice.journal.path=" + directory))
                    .isNotNull();
        }
        assertThat(output.getAll())
                .contains("APPLICATION FAILED TO START")
                .contains("has it open. Stop that one or set sluice.journal.path to a directory of its own.")
                .doesNotContain("\tat ");
    }
}
