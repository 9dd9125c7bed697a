package dev.sluice.loadtest.scenario;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something that may be set: {@code --name value}.
 *
 * @param name without the dashes
 * @param meta what stands for the value in {@code --help}
 * @param usual the value unless it is set, as it would be written
 * @param help one line
 * @param parser reads a value; throws {@link IllegalArgumentException} with what was expected
 */
public record Option<T>(String name, String meta, String usual, String help, Function<String, T> parser) {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");

    /** A whole number between two. */
    public static Option<Integer> count(String name, int usual, int least, int most, String help) {
        return new Option<>(name, "N", Integer.toString(usual), help, text -> {
            int value = text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
            if (value < least || value > most) {
                throw new IllegalArgumentException("a whole number from " + least + " to " + most);
            }
            return value;
        });
    }

    /** A time, such as {@code 500ms}, {@code 10s}, {@code 5m} or {@code 1h}. */
    public static Option<Duration> duration(String name, String usual, String help) {
        return new Option<>(name, "TIME", usual, help, Option::duration);
    }

    static Duration duration(String text) {
        Matcher parts = DURATION.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("a time such as 500ms, 10s, 5m or 1h");
        }
        long amount = Long.parseLong(parts.group(1));
        Duration value = switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
        if (value.compareTo(Duration.ofDays(7)) > 0) {
            throw new IllegalArgumentException("a time of at most a week");
        }
        return value;
    }

    /** One of some words. */
    public static Option<String> choice(String name, List<String> words, String usual, String help) {
        return new Option<>(name, String.join("|", words), usual, help, text -> {
            if (!words.contains(text)) {
                throw new IllegalArgumentException("one of " + String.join(", ", words));
            }
            return text;
        });
    }

    /** Any text; an empty one where nothing is set. */
    public static Option<String> text(String name, String meta, String usual, String help) {
        return new Option<>(name, meta, usual, help, text -> text);
    }

    /** The URL of a server without TLS; an empty text where nothing is set. */
    public static Option<String> url(String name, String help) {
        return new Option<>(name, "URL", "", help, text -> {
            if (!text.isEmpty() && !text.matches("http://[^/?#\\s]+/?")) {
                throw new IllegalArgumentException("a URL such as http://host:8080, without a path");
            }
            return text.isEmpty() ? text : URI.create(text.replaceAll("/$", "")).toString();
        });
    }

    /** The same with another line of help. */
    public Option<T> meaning(String text) {
        return new Option<>(name, meta, usual, text, parser);
    }

    /** The same with another usual value. */
    public Option<T> usually(String value) {
        return new Option<>(name, meta, value, help, parser);
    }
}
