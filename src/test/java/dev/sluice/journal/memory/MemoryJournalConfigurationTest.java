package dev.sluice.journal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.Journal;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class MemoryJournalConfigurationTest {

    private final ApplicationContextRunner context = new ApplicationContextRunner()
            .withUserConfiguration(MemoryJournalConfiguration.class)
            .withBean(MeterRegistry.class, SimpleMeterRegistry::new);

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
    void isNotThereOtherwise() {
        context.run(started -> assertThat(started).doesNotHaveBean(Journal.class));
        context.withPropertyValues("sluice.journal.type=rocksdb")
                .run(started -> assertThat(started).doesNotHaveBean(Journal.class));
    }
}
