package dev.sluice.backend;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;

/**
 * How the end of a response is found (RFC 9112, 6.3).
 *
 * @param kind what ends it
 * @param length bytes of its body, if its length ends it
 * @param clear whether every parser would find the same end, so that another response may follow on the connection
 */
record ResponseFraming(Kind kind, long length, boolean clear) {

    enum Kind {
        /** It has no body. */
        NONE,
        LENGTH,
        CHUNKED,
        /** It ends with the connection. */
        OPEN_END
    }

    /**
     * Determines the framing and removes redundant fields.
     *
     * @throws BackendFailure if the fields contradict each other, or name a transfer coding that was not asked for
     */
    static ResponseFraming of(String method, HttpResponse head) {
        HttpHeaders fields = head.headers();
        List<String> codings = items(fields.getAll(HttpHeaderNames.TRANSFER_ENCODING));
        codings.removeIf(coding -> coding.isEmpty() || coding.equalsIgnoreCase("identity"));
        List<String> lengths = items(fields.getAll(HttpHeaderNames.CONTENT_LENGTH));
        if (isBodiless(method, head.status().code())) {
            return bodiless(fields, codings, lengths);
        }
        if (!codings.isEmpty()) {
            if (!codings.stream().allMatch(coding -> coding.equalsIgnoreCase("chunked"))) {
                throw BackendFailure.notHttp();
            }
            fields.remove(HttpHeaderNames.CONTENT_LENGTH);
            // Applied twice, it would be chunks within chunks.
            boolean clear = codings.size() == 1
                    && lengths.isEmpty()
                    && head.protocolVersion().equals(HttpVersion.HTTP_1_1);
            return new ResponseFraming(Kind.CHUNKED, -1, clear);
        }
        if (fields.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            long length = length(lengths);
            fields.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(length));
            return new ResponseFraming(length == 0 ? Kind.NONE : Kind.LENGTH, length, true);
        }
        return new ResponseFraming(Kind.OPEN_END, -1, false);
    }

    /**
     * A response without a body may announce the length that a body would have, but some backends send that body nevertheless,
     * perhaps a moment later. So the connection is not reused.
     */
    private static ResponseFraming bodiless(HttpHeaders fields, List<String> codings, List<String> lengths) {
        boolean none = codings.isEmpty() && lengths.stream().allMatch("0"::equals);
        if (lengths.size() > 1) {
            fields.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(length(lengths)));
        }
        return new ResponseFraming(Kind.NONE, 0, none);
    }

    /** The length on which all fields agree (RFC 9110, 8.6). */
    private static long length(List<String> lengths) {
        long length = -1;
        for (String text : lengths) {
            boolean digits =
                    !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
            long each = digits ? Long.parseLong(text) : -1;
            if (each < 0 || (length >= 0 && each != length)) {
                throw BackendFailure.notHttp();
            }
            length = each;
        }
        return length;
    }

    private static boolean isBodiless(String method, int status) {
        return method.equals("HEAD") || status / 100 == 1 || status == 204 || status == 304;
    }

    private static List<String> items(List<String> values) {
        List<String> items = new ArrayList<>(values.size());
        for (String value : values) {
            for (String item : value.split(",", -1)) {
                items.add(item.strip());
            }
        }
        return items;
    }
}
