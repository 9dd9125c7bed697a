package dev.sluice.ingress.header;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.util.MimeTypeUtils;

/**
 * The preferences of a client (RFC 7240) that the gateway applies. Malformed and unknown preferences are ignored; of a repeated
 * one only the first counts, also if that is malformed. Lists are split by Spring's {@code MimeTypeUtils}; a reader of
 * preferences is in neither Spring nor Netty.
 *
 * @param respondAsync whether the client prefers a 202 to waiting for the response
 * @param waitSeconds seconds that the client is willing to wait; -1 if it does not say
 */
public record Preferences(boolean respondAsync, int waitSeconds) {

    public static final AsciiString NAME = AsciiString.cached("Prefer");
    public static final AsciiString APPLIED = AsciiString.cached("Preference-Applied");

    /** Those of a request without the field. */
    static final Preferences NONE = new Preferences(false, -1);

    private static final String RESPOND_ASYNC = "respond-async";
    private static final String WAIT = "wait";

    private static final String SPACE = "[ \t]*+";
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]++";
    private static final String QUOTED = "\"((?:[^\"\\\\]|\\\\.)*+)\"";
    private static final String VALUE = "(?:" + SPACE + "=" + SPACE + "(?:(" + TOKEN + ")|" + QUOTED + "))?+";

    /** Name and value of a preference, and its parameters; matches the front of one that is malformed further on. */
    private static final Pattern PREFERENCE = Pattern.compile(SPACE + "(" + TOKEN + ")" + VALUE + "(?:" + SPACE + ";"
            + SPACE + TOKEN + VALUE + ")*+" + SPACE + "(?:;" + SPACE + ")?+");

    /** The front of a preference that the gateway applies. */
    private static final Pattern OURS = Pattern.compile(
            SPACE + "(?:" + RESPOND_ASYNC + "|" + WAIT + ")(?![!#$%&'*+.^_`|~0-9A-Za-z-])", Pattern.CASE_INSENSITIVE);

    private static final Pattern NOTHING = Pattern.compile("[ \t,]*+");
    private static final Pattern DIGITS = Pattern.compile("[0-9]++");

    public static Preferences of(HttpHeaders request) {
        return request.contains(NAME) ? of(request.getAll(NAME)) : NONE;
    }

    public static Preferences of(List<String> values) {
        boolean asyncSeen = false;
        boolean waitSeen = false;
        boolean respondAsync = false;
        int wait = -1;
        Matcher preference = PREFERENCE.matcher("");
        for (String value : values) {
            for (String element : MimeTypeUtils.tokenize(value)) {
                String name = preference.reset(element).lookingAt() ? preference.group(1) : "";
                if (!asyncSeen && RESPOND_ASYNC.equalsIgnoreCase(name)) {
                    asyncSeen = true;
                    respondAsync = "".equals(value(preference));
                } else if (!waitSeen && WAIT.equalsIgnoreCase(name)) {
                    waitSeen = true;
                    wait = seconds(value(preference));
                }
            }
        }
        return respondAsync || wait >= 0 ? new Preferences(respondAsync, wait) : NONE;
    }

    /**
     * The part of a {@code Prefer} field that is for the backend: all but the preferences that the gateway applies, exactly
     * as it was sent.
     *
     * @return null if nothing is left
     */
    public static @Nullable String rest(String value) {
        List<String> elements = MimeTypeUtils.tokenize(value);
        List<String> others =
                elements.stream().filter(element -> !isOurs(element)).toList();
        String rest = others.size() == elements.size()
                ? value
                : String.join(",", others).strip();
        return NOTHING.matcher(rest).matches() ? null : rest;
    }

    private static boolean isOurs(String element) {
        return OURS.matcher(element).lookingAt();
    }

    /** The value of a preference; "" if it has none, null if the preference is malformed. */
    private static @Nullable String value(Matcher preference) {
        if (preference.end() < preference.regionEnd()) {
            return null;
        }
        String token = preference.group(2);
        String quoted = preference.group(3);
        return quoted != null ? quoted.replaceAll("\\\\(.)", "$1") : token == null ? "" : token;
    }

    private static int seconds(@Nullable String text) {
        if (text == null || !DIGITS.matcher(text).matches()) {
            return -1;
        }
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException tooLarge) {
            return Integer.MAX_VALUE;
        }
    }
}
