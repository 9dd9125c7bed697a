package dev.sluice.route;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one route, for messages about them.
 *
 * @param id the route's
 */
record RouteKeys(String id) {

    /** Makes the exception for a wrong value; the key is relative to {@code sluice.routes.<id>}. */
    ConfigurationException wrong(String key, @Nullable Object value, String expected) {
        return new ConfigurationException("sluice.routes." + id + "." + key, value, expected);
    }

    /** Requires a positive number. */
    int atLeastOne(String key, int number) {
        if (number < 1) {
            throw wrong(key, number, "a whole number, at least 1");
        }
        return number;
    }

    /** Requires a duration of at least a millisecond that is not so long that it must be a mistake. */
    Duration duration(String key, Duration duration) {
        if (duration.compareTo(Duration.ofMillis(1)) < 0 || duration.compareTo(RouteReader.LONGEST) > 0) {
            throw wrong(
                    key,
                    RouteReader.text(duration),
                    "a duration such as 30s, from 1ms to " + RouteReader.LONGEST.toDays() + "d");
        }
        return duration;
    }
}
