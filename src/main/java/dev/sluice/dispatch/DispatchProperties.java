package dev.sluice.dispatch;

import dev.sluice.route.ConfigurationException;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.dispatch}.
 *
 * @param shutdownGrace How long running attempts may go on when the node stops.
 */
@ConfigurationProperties(prefix = "sluice.dispatch", ignoreUnknownFields = false)
record DispatchProperties(@DefaultValue("20s") Duration shutdownGrace) {

    private static final Duration LONGEST_GRACE = Duration.ofDays(1);

    DispatchProperties {
        if (shutdownGrace.isNegative() || shutdownGrace.compareTo(LONGEST_GRACE) > 0) {
            throw new ConfigurationException(
                    "sluice.dispatch.shutdown-grace", shutdownGrace.toMillis() + "ms", "between 0s and 1d");
        }
    }
}
