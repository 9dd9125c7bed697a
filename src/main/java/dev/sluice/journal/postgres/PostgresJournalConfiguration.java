package dev.sluice.journal.postgres;

import dev.sluice.journal.FollowUps;
import dev.sluice.journal.JournalProperties;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Opens the shared journal if configured, and makes its clock the clock of this node. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "sluice.journal.type", havingValue = "postgres")
class PostgresJournalConfiguration {

    @Bean(destroyMethod = "close")
    PostgresJournal postgresJournal(
            JournalProperties properties, ObjectProvider<FollowUps> followUps, MeterRegistry registry) {
        return new PostgresJournal(
                properties.postgres(),
                name(),
                FollowUps.all(followUps.orderedStream().toList()),
                registry);
    }

    @Bean
    Clock clock(PostgresJournal journal) {
        return journal.clock();
    }

    private static String name() {
        try {
            return InetAddress.getLocalHost().getHostName() + ":"
                    + ProcessHandle.current().pid();
        } catch (UnknownHostException e) {
            return "?:" + ProcessHandle.current().pid();
        }
    }
}
