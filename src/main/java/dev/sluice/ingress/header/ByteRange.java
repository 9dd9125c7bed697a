package dev.sluice.ingress.header;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What of a body a GET asks for with {@code Range} (RFC 9110, 14). */
public sealed interface ByteRange {

    /** All of it: no range was asked for, or none of those that have to be honoured. */
    Whole WHOLE = new Whole();

    /** All of it. */
    record Whole() implements ByteRange {}

    /**
     * A part, to be answered with 206.
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
     * Nothing that is there, to be answered with 416.
     *
     * @param size bytes of the whole
     */
    record Unsatisfiable(long size) implements ByteRange {

        public String contentRange() {
            return "bytes */" + size;
        }
    }

    /**
     * What a request asks for, unless {@code If-Range} says that it means another body than the one that is here.
     *
     * @param tag the entity tag of the body, in quotes
     * @param modified its {@code Last-Modified}, which must be the same to the letter; null if it has none
     */
    static ByteRange of(HttpHeaders request, String tag, @Nullable String modified, long size) {
        if (!request.contains(HttpHeaderNames.RANGE)) {
            return WHOLE;
        }
        List<String> conditions = request.getAll(HttpHeaderNames.IF_RANGE);
        List<String> ranges = request.getAll(HttpHeaderNames.RANGE);
        boolean unchanged = conditions.isEmpty()
                || (conditions.size() == 1 && means(conditions.get(0).strip(), tag, modified));
        return unchanged && ranges.size() == 1 ? of(ranges.get(0), size) : WHOLE;
    }

    private static boolean means(String condition, String tag, @Nullable String modified) {
        return EntityTags.same(condition, tag) || condition.equals(modified);
    }

    /**
     * Reads one field. One that is malformed, counts in another unit or asks for several ranges is ignored, as the RFC
     * allows: several could be made to cost many times the body.
     */
    static ByteRange of(@Nullable String range, long size) {
        if (range == null || !range.regionMatches(true, 0, "bytes=", 0, 6)) {
            return WHOLE;
        }
        String one = null;
        for (String part : range.substring(6).split(",", -1)) {
            String stripped = part.strip();
            if (!stripped.isEmpty() && one != null) {
                return WHOLE;
            }
            one = stripped.isEmpty() ? one : stripped;
        }
        return one == null ? WHOLE : single(one, size);
    }

    private static ByteRange single(String range, long size) {
        int dash = range.indexOf('-');
        if (dash < 0) {
            return WHOLE;
        }
        String from = range.substring(0, dash);
        String to = range.substring(dash + 1);
        long first = position(from);
        long last = position(to);
        if ((first < 0 && !from.isEmpty()) || (last < 0 && !to.isEmpty()) || (first < 0 && last < 0)) {
            return WHOLE;
        } else if (first < 0) {
            return suffix(last, size);
        } else if (last >= 0 && last < first) {
            return WHOLE;
        } else if (first >= size) {
            return new Unsatisfiable(size);
        }
        return new Part(first, last < 0 ? size - 1 : Math.min(last, size - 1), size);
    }

    /** The last bytes; of an empty body that is all of it, which no {@code Content-Range} could say. */
    private static ByteRange suffix(long length, long size) {
        if (length == 0) {
            return new Unsatisfiable(size);
        }
        return size == 0 ? WHOLE : new Part(Math.max(0, size - length), size - 1, size);
    }

    /** A number, no greater than fits; -1 if there is none. */
    private static long position(String digits) {
        long position = digits.isEmpty() ? -1 : 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            position = position > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : position * 10 + digit;
        }
        return position;
    }
}
