package dev.sluice.route;

import java.time.Duration;

/**
 * How much one client may send: {@code limit} requests in each {@code window}, spread over it, and {@code burst} at once
 * after a rest.
 *
 * @param by what tells clients apart
 * @param limit requests in a window, at least 1
 * @param window a second, a minute, an hour or a day
 * @param burst requests at once, at least 1
 */
public record RateLimit(By by, int limit, Duration window, int burst) {

    /** What tells clients apart. */
    public sealed interface By {
        /** The address it came from. */
        record Ip() implements By {}

        /** The value of this field; clients that send none are one. */
        record Header(String name) implements By {}

        /** Who asks, as for an idempotency key: whom a filter names, else the value of the field of credentials. */
        record Caller() implements By {}

        /** As it is written in the configuration. */
        default String text() {
            if (this instanceof Header header) {
                return "header:" + header.name();
            }
            return this instanceof Caller ? "caller" : "ip";
        }
    }
}
