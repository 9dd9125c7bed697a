package dev.sluice.ingress.header;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A position in an output that is read as a Durable Stream.
 *
 * @param attempt the attempt to whose answer it belongs; 0 before any answer
 * @param bytes of that answer that come before it
 */
public record StreamOffset(int attempt, long bytes) {

    /** The beginning of whatever answer there is: {@code -1}. */
    public static final StreamOffset START = new StreamOffset(-1, 0);

    /** The end of what there is: {@code now}. */
    public static final StreamOffset NOW = new StreamOffset(-2, 0);

    private static final Pattern TOKEN = Pattern.compile("(\\d{1,9})_(\\d{16})");

    /**
     * Parses a value of the parameter {@code offset}.
     *
     * @throws ProblemException {@code bad-request}
     */
    public static StreamOffset parse(String value) {
        if (value.equals("-1")) {
            return START;
        } else if (value.equals("now")) {
            return NOW;
        }
        Matcher matcher = TOKEN.matcher(value);
        if (!matcher.matches()) {
            throw unusable();
        }
        return new StreamOffset(Integer.parseInt(matcher.group(1)), Long.parseLong(matcher.group(2)));
    }

    /** The refusal of an offset that the gateway has not given out. */
    public static ProblemException unusable() {
        return new ProblemException(
                Problem.BAD_REQUEST, "The offset is neither -1 nor now nor a Stream-Next-Offset of this output.");
    }

    /** The token for clients. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%d_%016d", attempt, bytes);
    }
}
