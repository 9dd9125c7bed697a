package dev.sluice.ingress.header;

import dev.sluice.http.HttpDate;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.format.annotation.DurationFormat;

/**
 * How durations and instants are written in header fields. Spring's {@code DurationFormatterUtils} reads a number without a
 * unit as milliseconds and {@code +30s}, which here are malformed; so the form is checked first and Spring knows the units.
 */
public final class TimeValues {

    /** Longer than any valid value. */
    private static final int LONGEST_TEXT = 64;

    private static final long LARGEST_NUMBER = 1_000_000_000_000L;

    private static final Pattern COUNT = Pattern.compile("(-?)([0-9]++)(ms|s|m|h|d)");
    private static final Pattern DURATION = Pattern.compile("[-+Pp].*|" + COUNT);

    private TimeValues() {}

    /** Whether a value that may be a duration or an instant is a duration. */
    static boolean looksLikeDuration(String value) {
        return DURATION.matcher(value).matches();
    }

    /** A number with a unit, or as in ISO 8601; null if it is malformed. */
    public static @Nullable Duration duration(String value) {
        Matcher count = COUNT.matcher(value);
        if (count.matches()) {
            ChronoUnit unit = DurationFormat.Unit.fromSuffix(count.group(3)).asChronoUnit();
            Duration duration = Duration.of(number(count.group(2)), unit);
            return count.group(1).isEmpty() ? duration : duration.negated();
        } else if (value.length() > LONGEST_TEXT) {
            return null;
        }
        try {
            return Duration.parse(value);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    /** An HTTP date, or an instant as in ISO 8601; null if it is malformed. */
    static @Nullable Instant instant(String value, Instant now) {
        if (value.isEmpty() || value.length() > LONGEST_TEXT) {
            return null;
        }
        if (value.charAt(0) < '0' || value.charAt(0) > '9') {
            return HttpDate.parse(value, now);
        }
        try {
            return OffsetDateTime.parse(value).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** The number, capped far beyond the longest duration that is accepted. */
    private static long number(String digits) {
        try {
            return Math.min(LARGEST_NUMBER, Long.parseLong(digits));
        } catch (NumberFormatException tooLarge) {
            return LARGEST_NUMBER;
        }
    }
}
