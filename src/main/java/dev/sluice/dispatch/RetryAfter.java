package dev.sluice.dispatch;

import dev.sluice.http.HttpDate;
import dev.sluice.job.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import org.springframework.http.HttpHeaders;

/**
 * Reads {@code Retry-After} (RFC 9110, 10.2.3): seconds, or an HTTP date in any of its three forms, which counts from the
 * {@code Date} of the response where there is one. So it does not matter that the backend's clock is not the gateway's.
 */
final class RetryAfter {

    /** No backend can hold its route for longer than this; it may ask again. */
    static final Duration LONGEST = Duration.ofDays(1);

    /** What some libraries write for GMT in dates of mail. */
    private static final Pattern ZERO_ZONE = Pattern.compile(" (UTC|[+-]0000)$");

    private RetryAfter() {}

    /** When to come back; empty if the response does not say, or says it malformed. */
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
