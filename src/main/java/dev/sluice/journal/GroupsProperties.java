package dev.sluice.journal;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.groups}.
 *
 * @param idle How long after its latest job an open group closes itself, 1s or more.
 */
@ConfigurationProperties(prefix = "sluice.groups", ignoreUnknownFields = false)
record GroupsProperties(@DefaultValue("24h") Duration idle) {

    GroupsProperties {
        if (idle.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("sluice.groups.idle is " + idle + "; expected 1s or more");
        }
    }
}
