package dev.sluice.route;

import java.time.Duration;

/**
 * The limits of one client: {@code limit} requests per {@code window}, refilled evenly, and {@code burst} at once; and
 * {@code inFlight} unfinished jobs. At least one of the two is set.
 *
 * @param by what identifies a client
 * @param limit requests in a window; 0 for any number
 * @param window a second, a minute, an hour or a day
 * @param burst requests at once
 * @param inFlight unfinished jobs; 0 for any number
 */
public record RateLimit(By by, int limit, Duration window, int burst, int inFlight) {

    /**
     * Reads a limit of the requests of each address, such as {@code 100/m}, all of which may come at once.
     *
     * @param key where it is configured
     * @throws ConfigurationException if it is malformed
     */
    public static RateLimit ofAddresses(String key, String text) {
        PerTime limit = PerTime.parse(text);
        if (limit == null) {
            throw new ConfigurationException(key, text, "a number of requests " + PerTime.EXAMPLES);
        }
        return new RateLimit(new By.Ip(), limit.count(), limit.window(), limit.count(), 0);
    }

    /** Whether requests are limited, apart from jobs. */
    public boolean limitsRequests() {
        return limit > 0;
    }

    /** What identifies a client. */
    public sealed interface By {
        /** The address it came from. */
        record Ip() implements By {}

        /** The value of this field; requests without it count as one client. */
        record Header(String name) implements By {}

        /** The caller, as for idempotency keys: named by a filter, else the value of the field with credentials. */
        record Caller() implements By {}

        /** As in the configuration. */
        default String text() {
            if (this instanceof Header header) {
                return "header:" + header.name();
            }
            return this instanceof Caller ? "caller" : "ip";
        }
    }

    /** The limit as in the configuration: {@code 100/m}. */
    public String text() {
        return PerTime.text(limit, window);
    }
}
