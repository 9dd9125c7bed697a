package dev.sluice.ingress.exchange;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * The target of a request (RFC 9112, 3.2) as it was sent, never decoded.
 *
 * @param raw path and query
 * @param path the path
 * @param query the query without its question mark; null if there is none
 * @param authority host and port of a target in absolute form; else null
 */
public record Target(
        String raw,
        String path,
        @Nullable String query,
        @Nullable String authority) {

    /**
     * Reads a request target.
     *
     * @throws ProblemException {@code bad-request} if it has a character that must be encoded, is no path, or has a path with
     *     {@link DotSegments}
     */
    public static Target of(String sent) {
        for (int i = 0; i < sent.length(); i++) {
            char c = sent.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                throw bad("has a character at position " + (i + 1) + " that must be percent-encoded");
            }
        }
        String authority = null;
        String raw = sent;
        if (!sent.startsWith("/")) {
            int begin = authorityOf(sent);
            int end = firstOf(sent, begin);
            authority = sent.substring(begin, end);
            String rest = sent.substring(end);
            raw = rest.startsWith("/") ? rest : "/" + rest;
        }
        int question = raw.indexOf('?');
        String path = question < 0 ? raw : raw.substring(0, question);
        if (DotSegments.in(path)) {
            throw bad("has a segment . or .., which could lead to another route; send the path it leads to");
        }
        return new Target(raw, path, question < 0 ? null : raw.substring(question + 1), authority);
    }

    /** The first value of a query parameter, undecoded; null if there is none. */
    @Nullable
    public String parameter(String name) {
        for (String value : values(name)) {
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    /** All values of a query parameter, undecoded; "" for one without a value. */
    public List<String> parameters(String name) {
        return values(name).stream().map(value -> value == null ? "" : value).toList();
    }

    /** Spring gives null for a parameter without a value, whatever the type says. */
    private List<String> values(String name) {
        if (query == null) {
            return List.of();
        }
        return UriComponentsBuilder.newInstance()
                .query(query)
                .build()
                .getQueryParams()
                .getOrDefault(name, List.of());
    }

    private static int authorityOf(String sent) {
        String lower = sent.substring(0, Math.min(sent.length(), 8)).toLowerCase(Locale.ROOT);
        if (lower.startsWith("http://")) {
            return 7;
        } else if (lower.equals("https://")) {
            return 8;
        }
        throw bad("is no path; send one that begins with /");
    }

    private static int firstOf(String sent, int from) {
        for (int i = from; i < sent.length(); i++) {
            if (sent.charAt(i) == '/' || sent.charAt(i) == '?') {
                return i;
            }
        }
        return sent.length();
    }

    private static ProblemException bad(String what) {
        return new ProblemException(Problem.BAD_REQUEST, "The request target " + what + ".");
    }
}
