package dev.sluice.queue;

import dev.sluice.route.ConfigurationException;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.queue}.
 *
 * @param capacity jobs of all routes that may wait on this node
 * @param lease how long a node that fell silent keeps the jobs it claimed
 */
@ConfigurationProperties(prefix = "sluice.queue", ignoreUnknownFields = false)
record QueueProperties(
        @DefaultValue("1000000") long capacity,
        @DefaultValue("30s") Duration lease) {

    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(3);
    private static final Duration LONGEST_LEASE = Duration.ofDays(1);

    QueueProperties {
        if (capacity < 1) {
            throw new ConfigurationException("sluice.queue.capacity", capacity, "1 or more");
        }
        if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.compareTo(LONGEST_LEASE) > 0) {
            throw new ConfigurationException("sluice.queue.lease", lease.toMillis() + "ms", "between 3s and 1d");
        }
    }
}
