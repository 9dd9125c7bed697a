package dev.sluice.ingress.header;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of a body that a GET requests with {@code Range} (RFC 9110, 14).
 *
 * <p>Spring's {@code HttpRange} is not used: it fails for positions that a {@code long} cannot hold, such as
 * {@code bytes=0-99999999999999999999}, which RFC 9110, 14.1.2 requires to be understood, and for {@code Bytes=0-1}; it reads
 * {@code bytes=+5-6} and digits of other scripts; and it makes a range of {@code bytes=-0}, which is not satisfiable.
 */
public sealed interface ByteRange {

    /** One range of bytes, among empty elements of the list. */
    Pattern SINGLE = Pattern.compile("(?i:bytes)=[ \\t,]*+([0-9]*+)-([0-9]*+)[ \\t,]*+");

    /** All of it: no range was requested, or none that has to be honoured. */
    Whole WHOLE = new Whole();

    /** The whole body. */
    record Whole() implements ByteRange {}

    /**
     * A part; the response is 206.
     *
     * @param first position of the first byte, from 0
     * @param last position of the last one
     * @param size bytes of the whole
     */
    record Part(long first, long last, long size) implements ByteRange {

        public long length() {
            return last - first + 1;
        }

        public String contentRange() {
            return "bytes " + first + "-" + last + "/" + size;
        }
    }

    /**
     * A part outside the body; the response is 416.
     *
     * @param size bytes of the whole
     */
    record Unsatisfiable(long size) implements ByteRange {

        public String contentRange() {
            return "bytes */" + size;
        }
    }

    /**
     * Returns the part that a request asks for; the whole if {@code If-Range} names another version of the body.
     *
     * @param tag the entity tag of the body, in quotes
     * @param modified its {@code Last-Modified}, compared character by character; null if it has none
     */
    static ByteRange of(HttpHeaders request, String tag, @Nullable String modified, long size) {
        if (!request.contains(HttpHeaderNames.RANGE)) {
            return WHOLE;
        }
        List<String> conditions = request.getAll(HttpHeaderNames.IF_RANGE);
        List<String> ranges = request.getAll(HttpHeaderNames.RANGE);
        boolean unchanged = conditions.isEmpty()
                || (conditions.size() == 1 && isCurrent(conditions.get(0).strip(), tag, modified));
        return unchanged && ranges.size() == 1 ? of(ranges.get(0), size) : WHOLE;
    }

    private static boolean isCurrent(String condition, String tag, @Nullable String modified) {
        return EntityTags.same(condition, tag) || condition.equals(modified);
    }

    /**
     * Reads one field. A field that is malformed, uses another unit or asks for several ranges is ignored, as the RFC
     * allows: several ranges can be made to cost many times the body.
     */
    static ByteRange of(@Nullable String range, long size) {
        Matcher single = SINGLE.matcher(range == null ? "" : range);
        if (!single.matches()) {
            return WHOLE;
        }
        long first = position(single.group(1));
        long last = position(single.group(2));
        if (single.group(1).isEmpty()) {
            return single.group(2).isEmpty() ? WHOLE : suffix(last, size);
        } else if (last < first) {
            return WHOLE;
        }
        return first < size ? new Part(first, Math.min(last, size - 1), size) : new Unsatisfiable(size);
    }

    /** The last bytes; of an empty body that is all of it, which no {@code Content-Range} could say. */
    private static ByteRange suffix(long length, long size) {
        if (length == 0) {
            return new Unsatisfiable(size);
        }
        return size == 0 ? WHOLE : new Part(Math.max(0, size - length), size - 1, size);
    }

    /** A position of any number of digits; the largest if there are none, or more than a long can hold. */
    private static long position(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException emptyOrTooLarge) {
            return Long.MAX_VALUE;
        }
    }
}
