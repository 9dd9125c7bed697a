package dev.sluice.backend;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Parses the field lines of a response. Lenient where the meaning is clear: folded lines are joined, whitespace around names is
 * removed, a bare CR is read as a space (RFC 9112, 2.2, 5.1 and 5.2), and a line that is no field is ignored.
 */
final class ResponseFields {

    /** Characters of names other than letters and digits (RFC 9110, 5.6.2). */
    private static final String SYMBOLS = "!#$%&'*+-.^_`|~";

    private final HttpHeaders fields =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    private @Nullable String name;
    private final StringBuilder value = new StringBuilder();

    /**
     * Adds a line.
     *
     * @throws BackendFailure if it contains a NUL, which parsers treat differently
     */
    void add(String line) {
        if (line.indexOf('\0') >= 0) {
            throw BackendFailure.notHttp();
        }
        if (line.charAt(0) == ' ' || line.charAt(0) == '\t') {
            fold(text(line));
            return;
        }
        flush();
        int colon = line.indexOf(':');
        String text = colon < 0 ? "" : line.substring(0, colon).strip();
        if (isToken(text)) {
            name = text;
            value.append(text(line.substring(colon + 1)));
        }
    }

    /** The fields of all lines. */
    HttpHeaders end() {
        flush();
        return fields;
    }

    private void flush() {
        if (name != null) {
            fields.add(name, value.toString());
        }
        name = null;
        value.setLength(0);
    }

    private void fold(String text) {
        if (name != null && !text.isEmpty()) {
            value.append(value.isEmpty() ? "" : " ").append(text);
        }
    }

    private static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letterOrDigit && SYMBOLS.indexOf(c) < 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static String text(String raw) {
        return raw.replace('\r', ' ').strip();
    }
}
