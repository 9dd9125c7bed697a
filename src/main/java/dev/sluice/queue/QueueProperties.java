package dev.sluice.queue;

import dev.sluice.route.ConfigurationException;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.queue}.
 *
 * @param capacity Jobs of all routes that may wait; with postgres, on all nodes together.
 * @param lease How long a node that has fallen silent keeps the jobs it has claimed.
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
