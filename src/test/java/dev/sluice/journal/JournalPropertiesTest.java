package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

class JournalPropertiesTest {

    private final ApplicationContextRunner context =
            new ApplicationContextRunner().withUserConfiguration(Binding.class);

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(JournalProperties.class)
    static class Binding {}

    @Test
    void hasDefaults() {
        context.run(started -> assertThat(started.getBean(JournalProperties.class))
                .isEqualTo(new JournalProperties(
                        JournalProperties.Type.ROCKSDB,
                        Path.of("data"),
                        null,
                        Duration.ofDays(7),
                        List.of("Authorization", "Cookie"),
                        new JournalProperties.Postgres(null, null, null, "sluice", 10, Duration.ofSeconds(5)))));
    }

    @Test
    void takesEveryKey() {
        context.withPropertyValues(
                        "sluice.journal.type=postgres",
                        "sluice.journal.path=/var/lib/sluice",
                        "sluice.journal.min-free=2GB",
                        "sluice.journal.tombstones=12h",
                        "sluice.journal.credentials=X-Api-Key,Cookie",
                        "sluice.journal.postgres.url=r2dbc:postgresql://db:5432/sluice",
                        "sluice.journal.postgres.username=gateway",
                        "sluice.journal.postgres.password=secret",
                        "sluice.journal.postgres.schema=jobs",
                        "sluice.journal.postgres.connections=20",
                        "sluice.journal.postgres.timeout=2s")
                .run(started -> assertThat(started.getBean(JournalProperties.class))
                        .isEqualTo(new JournalProperties(
                                JournalProperties.Type.POSTGRES,
                                Path.of("/var/lib/sluice"),
                                DataSize.ofGigabytes(2),
                                Duration.ofHours(12),
                                List.of("X-Api-Key", "Cookie"),
                                new JournalProperties.Postgres(
                                        "r2dbc:postgresql://db:5432/sluice",
                                        "gateway",
                                        "secret",
                                        "jobs",
                                        20,
                                        Duration.ofSeconds(2)))));
    }

    @ParameterizedTest
    @CsvSource({
        "sluice.journal.type=papyrus, papyrus",
        "sluice.journal.min-free=-1GB, expected 0B or more",
        "sluice.journal.tombstones=-1s, expected 0s or more",
        "'sluice.journal.credentials=Cookie,a b', has 'a b'",
        "sluice.journal.path=, sluice.journal.path",
        "sluice.journal.paht=data, sluice.journal.paht",
        "sluice.journal.postgres.schema=a-b, expected up to 63",
        "sluice.journal.postgres.connections=2, expected 3 to 1000",
        "sluice.journal.postgres.timeout=10m, expected 100ms to 5m"
    })
    void stopsTheStartOverAWrongOne(String setting, String said) {
        context.withPropertyValues(setting)
                .run(started -> assertThat(started.getStartupFailure()).hasStackTraceContaining(said));
    }
}
