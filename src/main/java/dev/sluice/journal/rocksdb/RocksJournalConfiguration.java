package dev.sluice.journal.rocksdb;

import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalProperties;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Opens the embedded journal where it is configured. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "sluice.journal.type", havingValue = "rocksdb", matchIfMissing = true)
class RocksJournalConfiguration {

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean(destroyMethod = "close")
    Journal rocksJournal(JournalProperties properties, Clock clock, MeterRegistry registry) {
        return new RocksJournal(properties.path(), clock, registry);
    }
}
