package dev.sluice.journal.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The statements, one in each file of {@code sql/}, with parameters {@code $1}, {@code $2}, …; {@code {name}} is
 * replaced by a number given where the statement is loaded, or by a file of {@code sql/parts/}.
 */
final class Sql {

    private static final Pattern INCLUDE = Pattern.compile("\\{([a-z-]+)}");

    private Sql() {}

    /** Loads a statement by the name of its file. */
    static String of(String name) {
        return of(name, Map.of());
    }

    /** Loads a statement by the name of its file, with the numbers that it names. */
    static String of(String name, Map<String, ?> numbers) {
        return compact(included(read(name), numbers));
    }

    private static String included(String text, Map<String, ?> numbers) {
        return INCLUDE.matcher(text).replaceAll(found -> {
            String name = found.group(1);
            Object number = numbers.get(name);
            return Matcher.quoteReplacement(
                    number == null ? included(read("parts/" + name), numbers) : number.toString());
        });
    }

    private static String read(String name) {
        String file = "sql/" + name + ".sql";
        try (InputStream in = Sql.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("no file " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("(?m)--.*$", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Strips the layout, because the driver parses each statement every time it is sent. */
    private static String compact(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
