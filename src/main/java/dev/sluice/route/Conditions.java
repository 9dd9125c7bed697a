package dev.sluice.route;

import dev.sluice.route.RouteTable.RequestHead;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Conditions that a request must meet, apart from path and method, to match a route.
 *
 * @param host the host it is for, in lower case; with a leading {@code *.} any host below that; null: any
 * @param headers names of fields, in lower case, of which one value must match the regular expression as a whole
 */
public record Conditions(@Nullable String host, Map<String, Pattern> headers) {

    public static final Conditions NONE = new Conditions(null, Map.of());

    public Conditions {
        headers = Map.copyOf(headers);
    }

    /** Whether the request meets all conditions. */
    public boolean metBy(RequestHead head) {
        return (host == null || isFor(host, head.host())) && (headers.isEmpty() || headersMetBy(head));
    }

    private boolean headersMetBy(RequestHead head) {
        for (Map.Entry<String, Pattern> header : headers.entrySet()) {
            if (!BoundedMatch.ofAny(header.getValue(), head.headers(header.getKey()))) {
                return false;
            }
        }
        return true;
    }

    /** Whether every request that meets the others meets these. Compares equal conditions, and hosts below a host. */
    boolean include(Conditions others) {
        if (host != null && (others.host == null || !(host.equals(others.host) || isFor(host, others.host)))) {
            return false;
        }
        for (Map.Entry<String, Pattern> header : headers.entrySet()) {
            Pattern other = others.headers.get(header.getKey());
            if (other == null || !other.pattern().equals(header.getValue().pattern())) {
                return false;
            }
        }
        return true;
    }

    /** Compares the regular expressions by what they say; two {@link Pattern}s are never equal. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Conditions conditions
                && Objects.equals(host, conditions.host)
                && texts().equals(conditions.texts());
    }

    @Override
    public int hashCode() {
        return Objects.hash(host, texts());
    }

    private Map<String, String> texts() {
        return headers.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, header -> header.getValue().pattern()));
    }

    private static boolean isFor(String wanted, @Nullable String authority) {
        if (authority == null) {
            return false;
        }
        String name = name(authority).toLowerCase(Locale.ROOT);
        return wanted.startsWith("*.")
                ? name.length() >= wanted.length() && name.endsWith(wanted.substring(1))
                : name.equals(wanted);
    }

    /** The host without its port and without the trailing dot of an absolute name. */
    private static String name(String authority) {
        int end = authority.lastIndexOf(':');
        if (end < 0 || authority.indexOf(']', end) >= 0) {
            end = authority.length();
        }
        return authority.substring(0, end > 0 && authority.charAt(end - 1) == '.' ? end - 1 : end);
    }
}
