package dev.sluice.ingress.forwarded;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The hops that proxies have recorded in a request, the nearest proxy's first. Each proxy appends its own to what it received,
 * so the fields are read from the end: what a client has made up comes last, and cannot break what trusted proxies appended. To
 * a reader that begins at the front, such as Spring's or Reactor Netty's, {@code for=", for=192.0.2.9} of a client and a proxy is
 * one string without an end.
 */
sealed interface ForwardedChain {

    AsciiString FORWARDED = AsciiString.cached("Forwarded");
    AsciiString X_FOR = AsciiString.cached("X-Forwarded-For");
    AsciiString X_PROTO = AsciiString.cached("X-Forwarded-Proto");
    AsciiString X_PORT = AsciiString.cached("X-Forwarded-Port");
    AsciiString X_HOST = AsciiString.cached("X-Forwarded-Host");
    AsciiString X_PREFIX = AsciiString.cached("X-Forwarded-Prefix");

    /** Moves to the next hop; false if there is none, or it is malformed. */
    boolean next();

    /** The node from which the proxy received the request; null if not recorded. */
    @Nullable
    String node();

    @Nullable
    String proto();

    @Nullable
    String host();

    /** Reads {@code Forwarded} if present, otherwise the {@code X-Forwarded-*} fields. */
    static ForwardedChain of(HttpHeaders request) {
        return request.contains(FORWARDED) ? new Standard(request) : new Usual(request);
    }

    /** {@code Forwarded} (RFC 7239). Ports and brackets should be in quotes, but are understood without. */
    final class Standard implements ForwardedChain {

        private static final Pattern PAIR = Pattern.compile(
                "\\G[ \t]*+([!#$%&'*+.^_`|~0-9A-Za-z-]++)=(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^; \t\"]++))[ \t]*+(?:;|\\z)");

        private final Backwards elements;
        private final Map<String, String> pairs = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

        Standard(HttpHeaders request) {
            elements = new Backwards(request.getAll(FORWARDED));
        }

        @Override
        public boolean next() {
            pairs.clear();
            String element = elements.next();
            return element != null && read(element);
        }

        /** False if the element is malformed or repeats a parameter, which makes it meaningless. */
        private boolean read(String element) {
            Matcher pair = PAIR.matcher(element);
            int end = 0;
            while (pair.find()) {
                String quoted = pair.group(2);
                String value = quoted == null ? pair.group(3) : quoted.replaceAll("\\\\(.)", "$1");
                if (pairs.put(pair.group(1), value) != null) {
                    return false;
                }
                end = pair.end();
            }
            return end == element.length();
        }

        @Override
        public @Nullable String node() {
            return pairs.get("for");
        }

        @Override
        public @Nullable String proto() {
            return pairs.get("proto");
        }

        @Override
        public @Nullable String host() {
            return pairs.get("host");
        }
    }

    /** {@code X-Forwarded-For} and the fields beside it, of which some proxies keep only the last value. */
    final class Usual implements ForwardedChain {

        private static final Pattern PORT = Pattern.compile("[1-9]\\d{0,4}");

        private final Backwards nodes;
        private final Backwards protos;
        private final Backwards hosts;
        private final Backwards ports;
        private @Nullable String node;
        private @Nullable String proto;
        private @Nullable String host;

        Usual(HttpHeaders request) {
            nodes = new Backwards(request.getAll(X_FOR));
            protos = new Backwards(request.getAll(X_PROTO));
            hosts = new Backwards(request.getAll(X_HOST));
            ports = new Backwards(request.getAll(X_PORT));
        }

        @Override
        public boolean next() {
            node = nodes.next();
            proto = protos.next();
            host = withPort(hosts.next(), ports.next());
            return true;
        }

        /** Some proxies record the port separately; a default port is left out. */
        private static @Nullable String withPort(@Nullable String host, @Nullable String port) {
            boolean extra = host != null
                    && port != null
                    && host.indexOf(':', host.lastIndexOf(']') + 1) < 0
                    && PORT.matcher(port).matches()
                    && !port.equals("80")
                    && !port.equals("443");
            return extra ? host + ":" + port : host;
        }

        @Override
        public @Nullable String node() {
            return node;
        }

        @Override
        public @Nullable String proto() {
            return proto;
        }

        @Override
        public @Nullable String host() {
            return host;
        }
    }

    /** The elements of a list from the last to the first, without empty ones. */
    final class Backwards {

        private final List<String> lines;
        private int line;
        private int end = -1;

        Backwards(List<String> lines) {
            this.lines = lines;
            this.line = lines.size();
        }

        @Nullable
        String next() {
            while (end >= 0 || line > 0) {
                if (end < 0) {
                    line--;
                    end = lines.get(line).length();
                }
                String text = lines.get(line);
                int comma = commaBefore(text, end);
                String element = text.substring(comma + 1, end).strip();
                end = comma;
                if (!element.isEmpty()) {
                    return element;
                }
            }
            return null;
        }

        /** Quotes are matched from the end as well. */
        private static int commaBefore(String text, int end) {
            boolean quoted = false;
            for (int i = end - 1; i >= 0; i--) {
                char c = text.charAt(i);
                if (c == ',' && !quoted) {
                    return i;
                } else if (c == '"' && !isEscaped(text, i)) {
                    quoted = !quoted;
                }
            }
            return -1;
        }

        private static boolean isEscaped(String text, int at) {
            int from = at;
            while (from > 0 && text.charAt(from - 1) == '\\') {
                from--;
            }
            return (at - from) % 2 == 1;
        }
    }
}
