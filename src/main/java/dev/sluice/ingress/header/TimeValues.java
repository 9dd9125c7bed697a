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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How durations and instants are written in header fields. */
public final class TimeValues {

    /** More than any form has use for. */
    private static final int LONGEST_TEXT = 64;

    private static final long LARGEST_NUMBER = 1_000_000_000_000L;

    private static final Map<String, Duration> UNITS = Map.of(
            "ms", Duration.ofMillis(1),
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1));

    /** RFC 9110, 5.6.7: the form that is sent today, and the two that have to be understood. */
    private static final List<DateTimeFormatter> HTTP_DATES = List.of(
            httpDate("EEE, dd MMM uuuu HH:mm:ss 'GMT'"),
            httpDate("EEEE, dd-MMM-uu HH:mm:ss 'GMT'"),
            httpDate("EEE MMM ppd HH:mm:ss uuuu"));

    private TimeValues() {}

    /** Whether a value that may be either is meant as a duration. */
    static boolean looksLikeDuration(String value) {
        if (value.isEmpty()) {
            return false;
        }
        char first = value.charAt(0);
        return first == '-' || first == '+' || first == 'P' || first == 'p' || units(value) != null;
    }

    /** A number with a unit, or as in ISO 8601; null if it is malformed. */
    static @Nullable Duration duration(String value) {
        Duration unit = units(value);
        if (unit != null) {
            return unit.multipliedBy(number(value));
        } else if (value.length() > LONGEST_TEXT) {
            return null;
        }
        if (value.startsWith("-") && units(value.substring(1)) != null) {
            return Duration.ofMillis(-1); // a number that is negative, no matter which
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

    /** What a number counts; null if the value is not a number with a unit. */
    private static @Nullable Duration units(String value) {
        int digits = digits(value);
        return digits == 0 || value.length() - digits > 2 ? null : UNITS.get(value.substring(digits));
    }

    private static int digits(String value) {
        int digits = 0;
        while (digits < value.length() && value.charAt(digits) >= '0' && value.charAt(digits) <= '9') {
            digits++;
        }
        return digits;
    }

    private static long number(String value) {
        long number = 0;
        for (int i = 0, digits = digits(value); i < digits; i++) {
            number = Math.min(LARGEST_NUMBER, number * 10 + (value.charAt(i) - '0'));
        }
        return number;
    }

    private static DateTimeFormatter httpDate(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.US).withResolverStyle(ResolverStyle.STRICT);
    }
}
