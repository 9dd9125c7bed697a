package dev.sluice.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The fields of a message that are about one connection and are never forwarded (RFC 9110, 7.6.1): {@code Connection}, the
 * fields it names, and those that older senders do not name there. The one list of them; kept by hand because Spring and Netty
 * have none for other code to use.
 */
public final class HopByHop {

    private static final HopByHop USUAL = new HopByHop(Set.of());

    private final Set<String> named;

    private HopByHop(Set<String> named) {
        this.named = named;
    }

    /** Those of a message with this header. Most have no {@code Connection}, or one that names no field, and share a list. */
    public static HopByHop of(HttpHeaders header) {
        String connection = header.get(HttpHeaderNames.CONNECTION);
        return connection == null ? USUAL : of(header.getAll(HttpHeaderNames.CONNECTION));
    }

    /**
     * Those of a message with these {@code Connection} fields.
     *
     * @param connection the value of each, a list of connection options and field names
     */
    public static HopByHop of(List<String> connection) {
        if (connection.isEmpty() || (connection.size() == 1 && isUsual(connection.get(0)))) {
            return USUAL;
        }
        Set<String> named = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (String value : connection) {
            for (String option : value.split(",", -1)) {
                named.add(option.strip());
            }
        }
        return new HopByHop(named);
    }

    private static boolean isUsual(String connection) {
        return HttpHeaderValues.KEEP_ALIVE.contentEqualsIgnoreCase(connection)
                || HttpHeaderValues.CLOSE.contentEqualsIgnoreCase(connection);
    }

    /** Whether the field is not forwarded with this message. */
    public boolean includes(String name) {
        return isAlways(name) || (!named.isEmpty() && named.contains(name));
    }

    /**
     * Whether the field is never forwarded, whatever {@code Connection} says. All fields whose names begin with
     * {@code Proxy-} are for the next proxy, but {@code Proxy-Status} is for the client (RFC 9209); those that begin with
     * {@code x-http2-} are Netty's own.
     */
    public static boolean isAlways(String name) {
        if (name.isEmpty()) {
            return false;
        }
        return switch (name.charAt(0) | 0x20) { // called for each field of each message: one letter settles most
            case 'c' -> name.equalsIgnoreCase("connection");
            case 'k' -> name.equalsIgnoreCase("keep-alive");
            case 'p' -> name.regionMatches(true, 0, "proxy-", 0, 6) && !name.equalsIgnoreCase("proxy-status");
            case 't' ->
                name.equalsIgnoreCase("te")
                        || name.equalsIgnoreCase("trailer")
                        || name.equalsIgnoreCase("transfer-encoding");
            case 'u' -> name.equalsIgnoreCase("upgrade");
            case 'h' -> name.equalsIgnoreCase("http2-settings");
            case 'x' -> name.regionMatches(true, 0, "x-http2-", 0, 8);
            default -> false;
        };
    }
}
