package dev.sluice.route;

import java.time.Duration;

/**
 * How many calls of a backend may be started in a time, retries included.
 *
 * @param limit calls in a window, evenly spread, at least 1
 * @param window a second, a minute, an hour or a day
 * @param burst calls at once after a pause, at least 1
 * @param shared whether that is for all nodes together
 */
public record Rate(int limit, Duration window, int burst, boolean shared) {

    /** As in the configuration: {@code 50/s}. */
    public String text() {
        return PerTime.text(limit, window);
    }
}
