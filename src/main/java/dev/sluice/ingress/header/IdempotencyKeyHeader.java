package dev.sluice.ingress.header;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code Idempotency-Key} field: a string of 1 to 255 visible ASCII characters, quoted (RFC 9651, 3.3.3) or bare. */
public final class IdempotencyKeyHeader {

    public static final String NAME = "Idempotency-Key";

    private static final int LONGEST = 255;
    private static final Pattern STRING = Pattern.compile("\"((?:[^\"\\\\]|\\\\[\"\\\\])*+)\"", Pattern.DOTALL);

    private IdempotencyKeyHeader() {}

    /**
     * Reads the key; quoted and bare forms are equal.
     *
     * @return null if there is none
     * @throws ProblemException {@code bad-header} if it is malformed or repeated
     */
    public static @Nullable String read(List<String> values) {
        if (values.isEmpty()) {
            return null;
        } else if (values.size() > 1) {
            throw bad("was sent more than once");
        }
        String value = values.get(0).strip();
        String key = value.startsWith("\"") ? unquoted(value) : value;
        if (key.isEmpty() || key.length() > LONGEST) {
            throw bad("has " + key.length() + " characters");
        }
        for (int i = 0; i < key.length(); i++) {
            if (key.charAt(i) <= ' ' || key.charAt(i) >= 0x7f) {
                throw bad("has a character that is not visible ASCII");
            }
        }
        return key;
    }

    private static String unquoted(String value) {
        Matcher string = STRING.matcher(value);
        if (!string.matches()) {
            throw bad("begins with a quote and is no string (RFC 9651, 3.3.3)");
        }
        return string.group(1).replaceAll("\\\\(.)", "$1");
    }

    private static ProblemException bad(String what) {
        return new ProblemException(
                Problem.BAD_HEADER,
                NAME + " " + what + "; expected one value of 1 to " + LONGEST
                        + " visible ASCII characters, quoted or bare.");
    }
}
