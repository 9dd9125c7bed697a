package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalProperties;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class EmbeddedConfigurationTest {

    /** Not marked as a configuration: the scan of tests that start the whole gateway must not find it. */
    @EnableConfigurationProperties(JournalProperties.class)
    static class Properties {}

    private final ApplicationContextRunner context = new ApplicationContextRunner()
            .withUserConfiguration(EmbeddedConfiguration.class, Properties.class)
            .withBean(SimpleMeterRegistry.class);

    @Test
    void opensInMemoryWhenAskedForAndSaysSo(CapturedOutput output) {
        context.withPropertyValues("sluice.journal.type=memory").run(started -> {
            Journal journal = started.getBean(Journal.class);
            assertThat(journal.health().up()).isTrue();
            assertThat(output).contains("sluice.journal.type is memory: nothing survives");
            started.close();
            assertThat(journal.health().up()).isFalse();
        });
    }

    @Test
    void isNotThereForTheSharedJournal() {
        context.withPropertyValues("sluice.journal.type=postgres")
                .run(started -> assertThat(started).doesNotHaveBean(Journal.class));
    }
}
