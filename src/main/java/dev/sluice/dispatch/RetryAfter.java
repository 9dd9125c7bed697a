package dev.sluice.dispatch;

import dev.sluice.http.HttpDate;
import dev.sluice.job.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import org.springframework.http.HttpHeaders;

/**
 * Reads {@code Retry-After} (RFC 9110, 10.2.3): seconds, or an HTTP date. A date is relative to the {@code Date} of the same
 * response, if there is one, so that the clocks of backend and gateway need not agree.
 */
final class RetryAfter {

    /** The longest hold that one response can ask for. */
    static final Duration LONGEST = Duration.ofDays(1);

    /** Time zones that some libraries, made for dates in mail, write in place of GMT. */
    private static final Pattern ZERO_ZONE = Pattern.compile(" (UTC|[+-]0000)$");

    private RetryAfter() {}

    /** The earliest time of the next request; empty if the field is missing or malformed. */
    static Optional<Instant> of(Headers response, Instant now) {
        return response.first(HttpHeaders.RETRY_AFTER).flatMap(value -> parse(value.strip(), response, now));
    }

    private static Optional<Instant> parse(String value, Headers response, Instant now) {
        if (!value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9')) {
            boolean beyond = value.length() > 9;
            return Optional.of(now.plus(atMost(beyond ? LONGEST : Duration.ofSeconds(Long.parseLong(value)))));
        }
        Instant sent = response.first(HttpHeaders.DATE)
                .flatMap(date -> date(date, now))
                .orElse(now);
        return date(value, now).map(until -> now.plus(atMost(Duration.between(sent, until))));
    }

    private static Optional<Instant> date(String value, Instant now) {
        return Optional.ofNullable(
                HttpDate.parse(ZERO_ZONE.matcher(value.strip()).replaceFirst(" GMT"), now));
    }

    private static Duration atMost(Duration wait) {
        if (wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    }
}
