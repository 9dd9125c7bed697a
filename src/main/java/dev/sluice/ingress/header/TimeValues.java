package dev.sluice.ingress.header;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
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

    /** RFC 9110, 5.6.7: the form that is sent today, and the two that have to be understood. */
    private static final List<DateTimeFormatter> HTTP_DATES = List.of(
            httpDate("EEE, dd MMM uuuu HH:mm:ss 'GMT'"),
            httpDate("EEEE, dd-MMM-uu HH:mm:ss 'GMT'"),
            httpDate("EEE MMM ppd HH:mm:ss uuuu"));

    private TimeValues() {}

    /** Whether a value that may be a duration or an instant is a duration. */
    static boolean looksLikeDuration(String value) {
        return DURATION.matcher(value).matches();
    }

    /** A number with a unit, or as in ISO 8601; null if it is malformed. */
    static @Nullable Duration duration(String value) {
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
    public static @Nullable Instant instant(String value) {
        if (value.isEmpty() || value.length() > LONGEST_TEXT) {
            return null;
        }
        try {
            if (value.charAt(0) >= '0' && value.charAt(0) <= '9') {
                return OffsetDateTime.parse(value).toInstant();
            }
            int form = value.indexOf(',') == 3 ? 0 : value.indexOf(',') > 0 ? 1 : 2;
            return LocalDateTime.parse(value, HTTP_DATES.get(form)).toInstant(ZoneOffset.UTC);
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

    private static DateTimeFormatter httpDate(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.US).withResolverStyle(ResolverStyle.STRICT);
    }
}
