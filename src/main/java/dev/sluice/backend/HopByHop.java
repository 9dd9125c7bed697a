package dev.sluice.backend;

import dev.sluice.job.Headers;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The fields of a message that are about this connection only and end here (RFC 9110, 7.6.1): {@code Connection} and those
 * it names, and those that older senders forget to name there.
 */
final class HopByHop {

    private static final Set<String> ALWAYS =
            Set.of("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings");

    /** Of all that speak of proxies the one that is for the client (RFC 9209). */
    private static final String END_TO_END = "proxy-status";

    private final Set<String> named = new HashSet<>();

    /** Learns the names from the message's {@code Connection} fields. */
    HopByHop(List<String> connection) {
        for (String value : connection) {
            for (String name : value.split(",", -1)) {
                named.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
    }

    static HopByHop of(Headers headers) {
        return new HopByHop(headers.all("Connection"));
    }

    /** Whether the field ends here. */
    boolean includes(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return ALWAYS.contains(lower)
                || (lower.startsWith("proxy-") && !lower.equals(END_TO_END))
                || named.contains(lower);
    }
}
