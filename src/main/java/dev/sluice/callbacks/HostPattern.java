package dev.sluice.callbacks;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Hosts that callbacks may be sent to.
 *
 * @param host a name or an address in lower case, an IPv6 address in brackets; with a leading {@code *.} any host below it
 * @param port 0 for the port of the scheme, {@link #ANY_PORT} for any
 */
record HostPattern(String host, int port) {

    static final int ANY_PORT = -1;

    private static final Pattern FORM = Pattern.compile(
            "((?:\\*\\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\\[[0-9a-f:.]+])"
                    + "(?::([1-9][0-9]{0,4}|\\*))?");

    /** Reads a pattern; null if it is malformed. */
    static @Nullable HostPattern parse(String text) {
        Matcher parts = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!parts.matches()) {
            return null;
        }
        String port = parts.group(2);
        int number = port == null ? 0 : port.equals("*") ? ANY_PORT : Integer.parseInt(port);
        return number > 65_535 ? null : new HostPattern(parts.group(1), number);
    }

    /**
     * Whether a URL with this host and port is meant.
     *
     * @param name in lower case
     * @param number the port, that of the scheme where the URL names none
     * @param usual the port of the scheme
     */
    boolean matches(String name, int number, int usual) {
        boolean here = host.startsWith("*.")
                ? name.length() >= host.length() && name.endsWith(host.substring(1))
                : name.equals(host);
        return here && (port == ANY_PORT || number == (port == 0 ? usual : port));
    }
}
