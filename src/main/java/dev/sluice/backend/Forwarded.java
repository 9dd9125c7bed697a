package dev.sluice.backend;

import dev.sluice.job.Headers;
import dev.sluice.job.JobRequest;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells the backend where a request came from: {@code Forwarded} (RFC 7239) and the older {@code X-Forwarded-*} fields.
 */
final class Forwarded {

    private static final String FORWARDED = "Forwarded";
    private static final String FOR = "X-Forwarded-For";
    private static final String PROTO = "X-Forwarded-Proto";
    private static final String HOST = "X-Forwarded-Host";
    private static final String PREFIX = "X-Forwarded-Prefix";

    /** The fields written here, in lower case. */
    private static final Set<String> FIELDS =
            Set.of("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-prefix");

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private Forwarded() {}

    /** Whether {@link #add} writes the field. */
    static boolean makes(String name) {
        return FIELDS.contains(name.toLowerCase(Locale.ROOT));
    }

    /**
     * Adds the connection on which the request arrived. Fields of this kind that the request already has come from trusted
     * proxies and agree with each other: lists get one more element, and the client's scheme and host stay as the proxies
     * reported them, so the gateway does not add its own.
     *
     * @param stripped the prefix that was stripped from the path; empty if none was
     */
    static void add(HttpHeaders out, JobRequest head, String stripped) {
        Headers before = head.headers();
        JobRequest.Origin origin = head.origin();
        String proto = before.first(PROTO).orElse(origin.scheme());
        String host = before.first(HOST).orElse(origin.host());
        List<String> told = before.all(FORWARDED);
        JobRequest.Origin hop = new JobRequest.Origin(
                origin.client(),
                told.isEmpty() || before.first(PROTO).isEmpty() ? proto : "",
                told.isEmpty() || before.first(HOST).isEmpty() ? host : "");
        out.add(FORWARDED, appended(told, element(hop)));
        addIfAny(out, FOR, appended(before.all(FOR), plainAddress(origin.client())));
        addIfAny(out, PROTO, proto);
        addIfAny(out, HOST, host);
        addIfAny(out, PREFIX, before.first(PREFIX).orElse("") + stripped);
    }

    private static String appended(List<String> before, String last) {
        String list = String.join(", ", before);
        return list.isEmpty() ? last : last.isEmpty() ? list : list + ", " + last;
    }

    private static void addIfAny(HttpHeaders out, String name, String value) {
        if (!value.isEmpty()) {
            out.add(name, value);
        }
    }

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

    /** A node name (RFC 7239, 6): IPv6 in brackets, and because of these and the colons in quotes. */
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
