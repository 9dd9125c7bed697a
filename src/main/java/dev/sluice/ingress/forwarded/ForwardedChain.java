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
 * What proxies said of the requests they got, the nearest proxy first. Each added its part at the end of what it had got,
 * so that is where reading begins: whatever a client made up comes last, and cannot spoil what is before it.
 */
public sealed interface ForwardedChain {

    AsciiString FORWARDED = AsciiString.cached("Forwarded");
    AsciiString X_FOR = AsciiString.cached("X-Forwarded-For");
    AsciiString X_PROTO = AsciiString.cached("X-Forwarded-Proto");
    AsciiString X_PORT = AsciiString.cached("X-Forwarded-Port");
    AsciiString X_HOST = AsciiString.cached("X-Forwarded-Host");
    AsciiString X_PREFIX = AsciiString.cached("X-Forwarded-Prefix");

    /** Goes on to the next; false if there is none that can be read. */
    boolean next();

    /** Whom this proxy got the request from; null if it does not say. */
    @Nullable
    String node();

    @Nullable
    String proto();

    @Nullable
    String host();

    /** Those of the standard if there are any, else those that are usual. */
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

        /** False if the element is malformed, or says something twice, and so means nothing. */
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

    /** {@code X-Forwarded-For} and those beside it, of which some proxies only keep the last value. */
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

        /** Some proxies say the port on its own; one that goes without saying is left out. */
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

    /** The elements of a list from the last to the first, empty ones left out. */
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

        /** Quotes are matched from the end too. */
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
