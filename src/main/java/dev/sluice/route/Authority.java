package dev.sluice.route;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host and a port. {@link URI} does not accept hosts with an underscore in the last label, which Compose and Swarm give to
 * services.
 *
 * @param host a name or an address; an IPv6 address in brackets
 * @param port -1 if there is none
 */
public record Authority(String host, int port) {

    private static final Pattern NAME = Pattern.compile("([A-Za-z0-9_][A-Za-z0-9._-]*)(?::(\\d{1,5}))?");

    /** The authority of a URI; null if it has none. */
    public static @Nullable Authority of(URI uri) {
        if (uri.getHost() != null) {
            return new Authority(uri.getHost(), uri.getPort());
        }
        Matcher name = NAME.matcher(uri.getRawAuthority() == null ? "" : uri.getRawAuthority());
        if (!name.matches()) {
            return null;
        }
        return new Authority(name.group(1), name.group(2) == null ? -1 : Integer.parseInt(name.group(2)));
    }
}
