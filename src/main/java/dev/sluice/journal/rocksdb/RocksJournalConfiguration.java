package dev.sluice.journal.rocksdb;

import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.core.ClockMeters;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.LeaseTime;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Schedulers;

/** Opens the embedded journal where it is configured. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "sluice.journal.type", havingValue = "rocksdb", matchIfMissing = true)
class RocksJournalConfiguration {

    @Bean
    JournalClock clock(MeterRegistry registry) {
        JournalClock clock = JournalClock.system();
        ClockMeters.show(clock, registry);
        return clock;
    }

    @Bean(destroyMethod = "close")
    LeaseTime leaseTime() {
        return LeaseTime.on(Schedulers.parallel());
    }

    @Bean(destroyMethod = "close")
    Journal rocksJournal(JournalProperties properties, JournalClock clock, LeaseTime leases, MeterRegistry registry) {
        return new RocksJournal(properties.path(), clock, leases, registry);
    }
}
