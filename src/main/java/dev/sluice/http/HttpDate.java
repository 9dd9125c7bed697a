package dev.sluice.http;

import io.netty.handler.codec.DateFormatter;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.util.Date;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Dates in header fields (RFC 9110, 5.6.7), read in all three forms and written in the preferred one.
 *
 * <p>Written by Netty, read by hand. Netty's {@link DateFormatter} reads words in any order, ignores the weekday and the time
 * zone ({@code PST} becomes GMT), moves 31 February to March, reads two-digit years as cookies have them and knows no leap
 * second. Spring's {@code HttpHeaders.getFirstDate} knows neither full weekdays nor the space before a one-digit day, and
 * takes two-digit years for this century's.
 */
public final class HttpDate {

    /** Longer than any form. */
    private static final int LONGEST_TEXT = 64;

    private static final DateTimeFormatter PREFERRED = formatter("EEE, dd MMM uuuu HH:mm:ss 'GMT'");
    private static final DateTimeFormatter ASCTIME = formatter("EEE MMM ppd HH:mm:ss uuuu");

    /** A two-digit year is that of the past when it would otherwise be more than so many years ahead. */
    private static final int YEARS_AHEAD = 50;

    private static final String LEAP_SECOND = "23:59:60 ";

    private HttpDate() {}

    /**
     * Reads a date.
     *
     * @param now to which century a two-digit year belongs depends on it
     * @return null if it is malformed, or its weekday is not that of the day
     */
    public static @Nullable Instant parse(String value, Instant now) {
        if (value.isEmpty() || value.length() > LONGEST_TEXT) {
            return null;
        }
        int leap = value.indexOf(LEAP_SECOND);
        try {
            return leap < 0
                    ? instant(value, now)
                    : instant(value.replace(LEAP_SECOND, "23:59:59 "), now).plusSeconds(1);
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static Instant instant(String value, Instant now) {
        int comma = value.indexOf(',');
        return comma > 3 ? rfc850(value, now) : instant(value, comma == 3 ? PREFERRED : ASCTIME);
    }

    private static Instant instant(String value, DateTimeFormatter form) {
        return LocalDateTime.parse(value, form).toInstant(ZoneOffset.UTC);
    }

    /** The oldest form, whose two-digit year is in the past or at most 50 years ahead. */
    private static Instant rfc850(String value, Instant now) {
        LocalDateTime latest = LocalDateTime.ofInstant(now, ZoneOffset.UTC).plusYears(YEARS_AHEAD);
        int comma = value.indexOf(',');
        LocalDateTime date = LocalDateTime.parse(value.substring(comma), withCentury(latest.toLocalDate()));
        date = date.isAfter(latest) ? date.minusYears(100) : date;
        if (!date.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.US).equals(value.substring(0, comma))) {
            throw new DateTimeException("another weekday");
        }
        return date.toInstant(ZoneOffset.UTC);
    }

    /** Made for each date, because it depends on the current year and this form is rare. */
    private static DateTimeFormatter withCentury(LocalDate latest) {
        return new DateTimeFormatterBuilder()
                .appendPattern(", dd-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, latest.minusYears(99))
                .appendPattern(" HH:mm:ss 'GMT'")
                .toFormatter(Locale.US)
                .withResolverStyle(ResolverStyle.STRICT);
    }

    private static DateTimeFormatter formatter(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.US).withResolverStyle(ResolverStyle.STRICT);
    }

    /** Writes a date, to the second. */
    public static String format(Instant instant) {
        return DateFormatter.format(Date.from(instant));
    }
}
