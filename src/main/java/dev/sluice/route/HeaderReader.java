package dev.sluice.route;

import dev.sluice.http.HopByHop;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Reads the header rules, the conditions and the credentials of a route. */
final class HeaderReader {

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+"); // RFC 9110, 5.6.2
    private static final Pattern VALUE = Pattern.compile("[\\x20-\\x7e\\t]*");
    private static final String LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?";
    private static final Pattern HOST = Pattern.compile("(\\*\\.)?" + LABEL + "(\\." + LABEL + ")*|\\[[0-9A-Fa-f:.]+]");

    /** Fields of a request that the gateway sets itself. */
    private static final Set<String> WRITTEN = Set.of(
            "host",
            "expect",
            "via",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "x-forwarded-port",
            "idempotency-key");

    private final RouteKeys keys;

    private HeaderReader(RouteKeys keys) {
        this.keys = keys;
    }

    static HeaderRules rules(RouteKeys keys, RouteProperties from) {
        HeaderReader reader = new HeaderReader(keys);
        return new HeaderRules(
                reader.added(from.addRequestHeaders()),
                reader.dropped("drop-request-headers", from.dropRequestHeaders(), true),
                reader.dropped("drop-response-headers", from.dropResponseHeaders(), false));
    }

    static Set<String> credentials(RouteKeys keys, RouteProperties from) {
        HeaderReader reader = new HeaderReader(keys);
        Set<String> credentials = new LinkedHashSet<>();
        from.credentials().forEach(name -> credentials.add(reader.name("credentials", name)));
        return Set.copyOf(credentials);
    }

    /** The field by whose values jobs take turns; null if there is none. */
    static @Nullable String fairBy(RouteKeys keys, RouteProperties from) {
        String fairBy = from.fairBy();
        return fairBy == null || fairBy.isEmpty() ? null : new HeaderReader(keys).name("fair-by", fairBy);
    }

    static Conditions conditions(RouteKeys keys, RouteProperties from) {
        HeaderReader reader = new HeaderReader(keys);
        return new Conditions(reader.host(from.host()), reader.required(from.headers()));
    }

    private Map<String, String> added(Map<String, String> fields) {
        Set<String> seen = new LinkedHashSet<>();
        fields.forEach((name, value) -> {
            String lower = name("add-request-headers", name);
            requireFree("add-request-headers", name, lower, true);
            if (!seen.add(lower)) {
                throw keys.wrong("add-request-headers", name, "each name once, whatever its case");
            }
            if (!VALUE.matcher(value).matches()) {
                throw keys.wrong(
                        "add-request-headers." + name,
                        value,
                        "a value of visible ASCII characters and spaces, without control characters");
            }
        });
        return fields;
    }

    private Set<String> dropped(String key, List<String> names, boolean request) {
        Set<String> dropped = new LinkedHashSet<>();
        for (String name : names) {
            String lower = name(key, name);
            requireFree(key, name, lower, request);
            dropped.add(lower);
        }
        return dropped;
    }

    private void requireFree(String key, String name, String lower, boolean request) {
        boolean taken = HopByHop.isAlways(lower) || lower.equals("content-length") || lower.equals("proxy-status");
        if (taken || (request && (WRITTEN.contains(lower) || lower.startsWith("sluice-")))) {
            throw keys.wrong(key, name, "header fields other than those that the gateway itself sets or leaves out");
        }
    }

    private Map<String, Pattern> required(Map<String, String> expressions) {
        Map<String, Pattern> required = new LinkedHashMap<>();
        expressions.forEach((name, expression) -> {
            String lower = name("headers", name);
            if (lower.equals("host")) {
                throw keys.wrong("headers", name, "other fields; for this one there is the key host");
            }
            if (required.put(lower, pattern(name, expression)) != null) {
                throw keys.wrong("headers", name, "each name once, whatever its case");
            }
        });
        return required;
    }

    private Pattern pattern(String name, String expression) {
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw keys.wrong(
                    "headers." + name,
                    expression,
                    "a regular expression for the whole value, such as v[12] or .* (at character " + (e.getIndex() + 1)
                            + ": " + e.getDescription() + ")");
        }
    }

    private @Nullable String host(@Nullable String host) {
        if (host == null || host.isEmpty()) {
            return null;
        }
        if (!HOST.matcher(host).matches()) {
            throw keys.wrong("host", host, "a host name such as example.org or *.example.org, without a port");
        }
        return host.toLowerCase(Locale.ROOT);
    }

    private String name(String key, String name) {
        if (!TOKEN.matcher(name).matches()) {
            throw keys.wrong(key, name, "names of header fields such as X-Api-Key");
        }
        return name.toLowerCase(Locale.ROOT);
    }
}
