package dev.sluice.journal;

import dev.sluice.job.JobTokens;
import dev.sluice.job.KeyedHash;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Schedulers;

/** What every adapter needs beside itself. The adapters' own configurations open them. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({JournalProperties.class, GroupsProperties.class})
class JournalConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger(JournalConfiguration.class);

    JournalConfiguration(JournalProperties properties) {
        LeftBehind.by(properties).ifPresent(LOG::warn);
    }

    /** What names the caller is a credential, too. */
    @Bean
    Credentials credentials(
            JournalProperties properties, @Value("${sluice.ingress.client-header:}") String clientHeader) {
        List<String> names = new ArrayList<>(properties.credentials());
        if (!clientHeader.isEmpty()) {
            names.add(clientHeader);
        }
        return new Credentials(names);
    }

    @Bean
    JobTokens jobTokens(JournalUpkeep journal) {
        return new JobTokens(journal.secret());
    }

    /** Of who sent a job, and of whose turn it is. */
    @Bean
    KeyedHash senderHash(JournalUpkeep journal) {
        return new KeyedHash(journal.secret(), "sender");
    }

    @Bean
    Retention retention(JournalUpkeep journal, JournalProperties properties, MeterRegistry registry) {
        return new Retention(journal, properties.tombstones(), Schedulers.parallel(), registry);
    }

    @Bean
    GroupTending groupTending(Groups groups, GroupsProperties properties, MeterRegistry registry) {
        return new GroupTending(groups, properties.idle(), Schedulers.parallel(), registry);
    }
}
