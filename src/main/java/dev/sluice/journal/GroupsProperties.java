package dev.sluice.journal;

import dev.sluice.route.ConfigurationException;
import dev.sluice.route.RateLimit;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.groups}.
 *
 * @param idle How long after its latest job an open group closes itself, 1s or more.
 * @param keep How long a finished group is kept unless its creator says otherwise.
 * @param limit Groups that the clients of one address may create in a time.
 */
@ConfigurationProperties(prefix = "sluice.groups", ignoreUnknownFields = false)
public record GroupsProperties(
        @DefaultValue("24h") Duration idle,
        @DefaultValue("24h") Duration keep,
        @DefaultValue("100/m") String limit) {

    private static final Duration LONGEST = Duration.ofDays(365);

    public GroupsProperties {
        if (idle.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("sluice.groups.idle is " + idle + "; expected 1s or more");
        }
        if (keep.compareTo(Duration.ofSeconds(1)) < 0 || keep.compareTo(LONGEST) > 0) {
            throw new ConfigurationException("sluice.groups.keep", keep, "a duration from 1s to 365d, such as 24h");
        }
        RateLimit.ofAddresses("sluice.groups.limit", limit);
    }

    /** How many groups a client may create. */
    public RateLimit clientLimit() {
        return RateLimit.ofAddresses("sluice.groups.limit", limit);
    }
}
