package dev.sluice.journal.embedded;

import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.core.ClockMeters;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.LeaseTime;
import io.micrometer.core.instrument.MeterRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;
import reactor.core.scheduler.Schedulers;

/** Opens the embedded journal where it is configured: in files, or in memory. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnExpression("!'${sluice.journal.type:rocksdb}'.equalsIgnoreCase('postgres')")
class EmbeddedConfiguration {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedConfiguration.class);

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
    Journal embeddedJournal(
            JournalProperties properties,
            JournalClock clock,
            LeaseTime leases,
            ObjectProvider<FollowUps> followUps,
            MeterRegistry registry) {
        DataSize minFree = properties.minFree();
        Stores stores = properties.type() == JournalProperties.Type.MEMORY
                ? inMemory()
                : RocksStores.open(properties.path(), minFree == null ? null : minFree.toBytes());
        return new EmbeddedJournal(
                stores, clock, leases, FollowUps.all(followUps.orderedStream().toList()), registry);
    }

    private static Stores inMemory() {
        long mostBytes = Runtime.getRuntime().maxMemory() / 4;
        log.warn(
                "sluice.journal.type is memory: nothing survives the end of this process, and at most {} MiB are held."
                        + " Use rocksdb for anything that matters.",
                mostBytes >> 20);
        return new MemoryStores(mostBytes);
    }
}
