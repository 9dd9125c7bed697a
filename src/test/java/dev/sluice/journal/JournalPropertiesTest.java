package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

class JournalPropertiesTest {

    private final ApplicationContextRunner context =
            new ApplicationContextRunner().withUserConfiguration(Binding.class);

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(JournalProperties.class)
    static class Binding {}

    @Test
    void hasDefaults() {
        context.run(started -> assertThat(started.getBean(JournalProperties.class))
                .isEqualTo(new JournalProperties(JournalProperties.Type.ROCKSDB, Path.of("data"), Duration.ofDays(7))));
    }

    @Test
    void takesEveryKey() {
        context.withPropertyValues(
                        "sluice.journal.type=memory",
                        "sluice.journal.path=/var/lib/sluice",
                        "sluice.journal.tombstones=12h")
                .run(started -> assertThat(started.getBean(JournalProperties.class))
                        .isEqualTo(new JournalProperties(
                                JournalProperties.Type.MEMORY, Path.of("/var/lib/sluice"), Duration.ofHours(12))));
    }

    @ParameterizedTest
    @CsvSource({
        "sluice.journal.type=papyrus, papyrus",
        "sluice.journal.tombstones=-1s, expected 0s or more",
        "sluice.journal.path=, sluice.journal.path",
        "sluice.journal.paht=data, sluice.journal.paht"
    })
    void stopsTheStartOverAWrongOne(String setting, String said) {
        context.withPropertyValues(setting)
                .run(started -> assertThat(started.getStartupFailure()).hasStackTraceContaining(said));
    }
}
