package dev.sluice.route;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the scope of the idempotency keys of a route. */
final class KeyScopeReader {

    private static final Pattern SCOPE = Pattern.compile("caller|route|header:([!#$%&'*+.^_`|~0-9A-Za-z-]+)");

    private KeyScopeReader() {}

    static KeyScope read(RouteKeys keys, String text) {
        Matcher scope = SCOPE.matcher(text);
        if (!scope.matches()) {
            throw keys.wrong(
                    "idempotency-scope",
                    text,
                    "caller, route, or header: and the name of a field that tells apart whose keys they are");
        }
        String field = scope.group(1);
        return field != null
                ? new KeyScope.Header(field)
                : text.equals("route") ? new KeyScope.Everybody() : new KeyScope.Caller();
    }
}
