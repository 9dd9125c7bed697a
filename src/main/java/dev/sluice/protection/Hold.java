package dev.sluice.protection;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A time in which no job of a route, or of one caller of it, is started, because its backend asked for that.
 *
 * @param caller whose jobs; null for those of the whole route
 * @param since when the backend first asked
 * @param until when it ends by itself
 */
public record Hold(@Nullable Long caller, Reason reason, Instant since, Instant until) {

    /** Why jobs are held. */
    public enum Reason {
        /** A 503 with a {@code Retry-After}. */
        UNAVAILABLE,
        /** A 429 with a {@code Retry-After}. */
        LIMITED,
        /** More callers would have to be held than are held one by one. */
        TOO_MANY_CALLERS;

        /** The reason in lower case with hyphens. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private static final String KIND = "hold/";

    private static final int CALLER_DIGITS = 16;

    /** The caller in hexadecimal, as it is shown and stored; null for the whole route. */
    public @Nullable String callerText() {
        return caller == null ? null : text(caller);
    }

    /** Whether it has not ended. */
    boolean holds(Instant now) {
        return until.isAfter(now);
    }

    /** The same hold until then. */
    Hold until(Instant later) {
        return new Hold(caller, reason, since, later);
    }

    /** The name under which it is shared. */
    String name(String route) {
        return name(route, caller);
    }

    /** The name of the hold of a caller, or of the whole route. */
    static String name(String route, @Nullable Long caller) {
        return KIND + route + (caller == null ? "" : "/" + text(caller));
    }

    private static String text(long caller) {
        return HexFormat.of().toHexDigits(caller);
    }

    byte[] encode() {
        return (reason.text() + " " + since.toEpochMilli() + " " + until.toEpochMilli())
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** The route of a shared value; null if it is no hold. */
    static @Nullable String route(String name) {
        if (!name.startsWith(KIND)) {
            return null;
        }
        int slash = name.indexOf('/', KIND.length());
        return name.substring(KIND.length(), slash < 0 ? name.length() : slash);
    }

    /** Reads a shared value; null if it cannot be understood, because a newer version wrote it. */
    static @Nullable Hold decode(String name, byte[] value) {
        String[] words = new String(value, StandardCharsets.US_ASCII).split(" ", -1);
        int slash = name.indexOf('/', KIND.length());
        if (words.length < 3 || (slash >= 0 && name.length() != slash + 1 + CALLER_DIGITS)) {
            return null;
        }
        try {
            Long caller = slash < 0 ? null : (Long) HexFormat.fromHexDigitsToLong(name, slash + 1, name.length());
            Reason reason = Reason.valueOf(words[0].replace('-', '_').toUpperCase(Locale.ROOT));
            return new Hold(
                    caller,
                    reason,
                    Instant.ofEpochMilli(Long.parseLong(words[1])),
                    Instant.ofEpochMilli(Long.parseLong(words[2])));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
