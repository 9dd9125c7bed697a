package dev.sluice.journal.memory;

import dev.sluice.journal.Journal;
import dev.sluice.journal.core.ClockMeters;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.LeaseTime;
import io.micrometer.core.instrument.MeterRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Schedulers;

/** Puts the journal into memory if {@code sluice.journal.type} says so. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "sluice.journal.type", havingValue = "memory")
class MemoryJournalConfiguration {

    private static final Logger log = LoggerFactory.getLogger(MemoryJournalConfiguration.class);

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
    Journal memoryJournal(JournalClock clock, LeaseTime leases) {
        long mostBytes = Runtime.getRuntime().maxMemory() / 4;
        log.warn(
                "sluice.journal.type is memory: nothing survives the end of this process, and at most {} MiB are held."
                        + " Use rocksdb for anything that matters.",
                mostBytes >> 20);
        return new MemoryJournal(clock, leases, mostBytes);
    }
}
