package dev.sluice.backend;

import dev.sluice.job.JobRequest;
import java.util.regex.Pattern;

/** The {@code Forwarded} field (RFC 7239). */
final class Forwarded {

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private Forwarded() {}

    /** One element: {@code for=192.0.2.1;proto=https;host="example.org:8443"}. */
    static String element(JobRequest.Origin origin) {
        StringBuilder out = new StringBuilder("for=").append(node(origin.client()));
        if (!origin.scheme().isEmpty()) {
            out.append(";proto=").append(value(origin.scheme()));
        }
        if (!origin.host().isEmpty()) {
            out.append(";host=").append(value(origin.host()));
        }
        return out.toString();
    }

    /** An address without brackets and without the zone of a link-local one, which means nothing to the backend. */
    static String plainAddress(String address) {
        String plain =
                address.startsWith("[") && address.endsWith("]") ? address.substring(1, address.length() - 1) : address;
        int zone = plain.indexOf('%');
        return zone < 0 ? plain : plain.substring(0, zone);
    }

    /** A node name (section 6): IPv6 in brackets, and because of these and the colons in quotes. */
    private static String node(String address) {
        String plain = plainAddress(address);
        if (plain.isEmpty()) {
            return "unknown";
        }
        return plain.indexOf(':') >= 0 ? value("[" + plain + "]") : value(plain);
    }

    /** A token as it is, anything else as a quoted-string (RFC 9110, 5.6.4). */
    private static String value(String text) {
        if (TOKEN.matcher(text).matches()) {
            return text;
        }
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
