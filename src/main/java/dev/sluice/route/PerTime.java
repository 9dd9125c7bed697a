package dev.sluice.route;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How often something may happen.
 *
 * @param count at least 1
 * @param window a second, a minute, an hour or a day
 */
record PerTime(int count, Duration window) {

    /** For messages about a text that cannot be read. */
    static final String EXAMPLES = "in a second, minute, hour or day, such as 10/s, 100/m, 1000/h or 10000/d";

    private static final Pattern TEXT = Pattern.compile("([1-9]\\d{0,8})/([smhd])");

    /** Reads a text such as {@code 100/m}; null if it cannot be read. */
    static @Nullable PerTime parse(@Nullable String text) {
        Matcher parts = TEXT.matcher(text == null ? "" : text);
        return parts.matches() ? new PerTime(Integer.parseInt(parts.group(1)), window(parts.group(2))) : null;
    }

    /** As in the configuration. */
    static String text(int count, Duration window) {
        String unit = window.toDays() > 0 ? "d" : window.toHours() > 0 ? "h" : window.toMinutes() > 0 ? "m" : "s";
        return count + "/" + unit;
    }

    private static Duration window(String unit) {
        return switch (unit) {
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            default -> Duration.ofDays(1);
        };
    }
}
