package dev.sluice.route;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one route, for messages about them.
 *
 * @param id the route's
 */
record RouteKeys(String id) {

    /** Says that one of them is wrong; the key is given as below {@code sluice.routes.<id>}. */
    ConfigurationException wrong(String key, @Nullable Object value, String expected) {
        return new ConfigurationException("sluice.routes." + id + "." + key, value, expected);
    }

    /** The number, unless it is zero or negative. */
    int atLeastOne(String key, int number) {
        if (number < 1) {
            throw wrong(key, number, "a whole number, at least 1");
        }
        return number;
    }

    /** The duration, unless it is shorter than any that makes sense, or so long that it must be a slip of the pen. */
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
