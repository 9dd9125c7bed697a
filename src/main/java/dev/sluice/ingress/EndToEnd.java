package dev.sluice.ingress;

import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Which fields of a message go beyond the connection they came on (RFC 9110, 7.6.1). */
final class EndToEnd {

    private EndToEnd() {}

    /** The fields of a request that are kept with its job. */
    static Headers of(HttpHeaders received) {
        List<String> named = received.getAll(HttpHeaderNames.CONNECTION);
        List<Header> fields = new ArrayList<>(received.size());
        for (Map.Entry<String, String> field : received) {
            String name = field.getKey();
            if (!endsHere(name) && !claimsOrigin(name) && (named.isEmpty() || !isNamed(name, named))) {
                fields.add(new Header(name, field.getValue()));
            }
        }
        return new Headers(fields);
    }

    /** Whether the field is about one connection, or about the framing of one message on it. */
    static boolean endsHere(String name) {
        if (name.isEmpty()) {
            return true;
        }
        return switch (name.charAt(0) | 0x20) { // a look at one letter settles it for most
            case 'c' -> name.equalsIgnoreCase("connection");
            case 'k' -> name.equalsIgnoreCase("keep-alive");
            case 'p' -> name.regionMatches(true, 0, "proxy-", 0, 6);
            case 't' ->
                name.equalsIgnoreCase("te")
                        || name.equalsIgnoreCase("trailer")
                        || name.equalsIgnoreCase("transfer-encoding");
            case 'u' -> name.equalsIgnoreCase("upgrade");
            case 'e' -> name.equalsIgnoreCase("expect");
            case 'h' -> name.equalsIgnoreCase("http2-settings");
            case 'x' -> name.regionMatches(true, 0, "x-http2-", 0, 8); // Netty's own, of HTTP/2
            default -> false;
        };
    }

    /**
     * Whether a proxy says in the field where the request came from. Anybody can say so, and what is kept of it is passed on to
     * the backend in front of what the gateway knows itself: so it is not kept.
     */
    private static boolean claimsOrigin(String name) {
        return name.equalsIgnoreCase("forwarded") || name.regionMatches(true, 0, "x-forwarded-", 0, 12);
    }

    private static boolean isNamed(String name, List<String> connection) {
        for (String value : connection) {
            for (String option : value.split(",", -1)) {
                if (option.strip().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                    return true;
                }
            }
        }
        return false;
    }
}
