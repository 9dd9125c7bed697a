package dev.sluice.ingress.header;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client prefers (RFC 7240), as far as the gateway itself cares. Malformed and unknown preferences are ignored; of one
 * that is repeated only the first counts, also if that one is malformed.
 *
 * @param respondAsync whether it would rather be told of a job than wait for the answer
 * @param waitSeconds seconds it is ready to wait; -1 if it does not say
 */
public record Preferences(boolean respondAsync, int waitSeconds) {

    public static final AsciiString NAME = AsciiString.cached("Prefer");
    public static final AsciiString APPLIED = AsciiString.cached("Preference-Applied");

    /** What a client prefers that has sent no such field. */
    static final Preferences NONE = new Preferences(false, -1);

    private static final String RESPOND_ASYNC = "respond-async";
    private static final String WAIT = "wait";

    public static Preferences of(HttpHeaders request) {
        return request.contains(NAME) ? of(request.getAll(NAME)) : NONE;
    }

    public static Preferences of(List<String> values) {
        boolean asyncSeen = false;
        boolean waitSeen = false;
        boolean respondAsync = false;
        int wait = -1;
        for (String value : values) {
            int from = 0;
            while (from < value.length()) {
                int end = new FieldReader(value, from, value.length()).endOfElement();
                FieldReader element = new FieldReader(value, from, end).space();
                String name = element.token();
                if (!asyncSeen && RESPOND_ASYNC.equalsIgnoreCase(name)) {
                    asyncSeen = true;
                    respondAsync = "".equals(value(element));
                } else if (!waitSeen && WAIT.equalsIgnoreCase(name)) {
                    waitSeen = true;
                    wait = seconds(value(element));
                }
                from = end + 1;
            }
        }
        return respondAsync || wait >= 0 ? new Preferences(respondAsync, wait) : NONE;
    }

    /**
     * What of a {@code Prefer} field is for the backend: all but the preferences that the gateway sees to, exactly as it was
     * sent.
     *
     * @return null if nothing is left
     */
    public static @Nullable String rest(String value) {
        StringBuilder rest = null;
        int from = 0;
        while (from <= value.length()) {
            int end = new FieldReader(value, from, value.length()).endOfElement();
            if (isOurs(new FieldReader(value, from, end).space().token())) {
                rest = rest == null ? new StringBuilder(value.substring(0, Math.max(0, from - 1))) : rest;
            } else if (rest != null) {
                rest.append(rest.isEmpty() ? "" : ",").append(value, from, end);
            }
            from = end + 1;
        }
        String left = rest == null ? value : rest.toString().strip();
        return isNothing(left) ? null : left;
    }

    /** What stands behind a preference's name; "" if it has no value, null if it is malformed. */
    private static @Nullable String value(FieldReader element) {
        String value = valueOfOne(element);
        while (value != null && element.space().take(';')) {
            if (element.space().atEnd()) {
                return value;
            } else if (element.token() == null || valueOfOne(element) == null) {
                return null;
            }
        }
        return element.atEnd() ? value : null;
    }

    private static @Nullable String valueOfOne(FieldReader element) {
        return element.space().take('=') ? element.space().word() : "";
    }

    private static int seconds(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return -1;
        }
        long seconds = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            seconds = Math.min(Integer.MAX_VALUE, seconds * 10 + (c - '0'));
        }
        return (int) seconds;
    }

    private static boolean isOurs(@Nullable String name) {
        return RESPOND_ASYNC.equalsIgnoreCase(name) || WAIT.equalsIgnoreCase(name);
    }

    private static boolean isNothing(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) != ',' && !FieldReader.isSpace(value.charAt(i))) {
                return false;
            }
        }
        return true;
    }
}
