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

    /** Time zones that some libraries, made for dates in mail, write in place of GMT. */
    private static final Pattern ZERO_ZONE = Pattern.compile(" (UTC|[+-]0000)$");

    /** More seconds than this are as good as any number of them. */
    private static final int DIGITS = 9;

    private static final Duration FOREVER = Duration.ofSeconds(999_999_999);

    private RetryAfter() {}

    /**
     * The earliest time of the next request; empty if the field is missing or malformed.
     *
     * @param longest the longest wait that is obeyed
     */
    static Optional<Instant> of(Headers response, Instant now, Duration longest) {
        return response.first(HttpHeaders.RETRY_AFTER)
                .flatMap(value -> wait(value.strip(), response, now))
                .map(wait -> now.plus(wait.compareTo(longest) > 0 ? longest : wait));
    }

    private static Optional<Duration> wait(String value, Headers response, Instant now) {
        if (!value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.of(value.length() > DIGITS ? FOREVER : Duration.ofSeconds(Long.parseLong(value)));
        }
        Instant sent = response.first(HttpHeaders.DATE)
                .flatMap(date -> date(date, now))
                .orElse(now);
        return date(value, now).map(until -> until.isAfter(sent) ? Duration.between(sent, until) : Duration.ZERO);
    }

    private static Optional<Instant> date(String value, Instant now) {
        return Optional.ofNullable(
                HttpDate.parse(ZERO_ZONE.matcher(value.strip()).replaceFirst(" GMT"), now));
    }
}
