package dev.sluice.route;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** Reads the backend of a route and the settings of its connections. */
final class BackendReader {

    private static final DataSize LARGEST_HEADER = DataSize.ofMegabytes(16);

    private final RouteKeys keys;

    BackendReader(RouteKeys keys) {
        this.keys = keys;
    }

    URI uri(@Nullable String backend) {
        String expected = "an http or https URI such as http://localhost:9000";
        if (backend == null) {
            throw keys.wrong("backend", null, expected);
        }
        URI uri;
        try {
            uri = new URI(backend);
        } catch (URISyntaxException e) {
            throw keys.wrong("backend", backend, expected);
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw keys.wrong("backend", backend, expected);
        }
        if (uri.getRawQuery() != null || uri.getRawFragment() != null || uri.getRawUserInfo() != null) {
            throw keys.wrong("backend", backend, expected + ", without query, fragment and user information");
        }
        Authority authority = Authority.of(uri);
        if (authority == null || authority.port() == 0 || authority.port() > 65535) {
            throw keys.wrong("backend", backend, expected + ", with a host name and, if need be, a port up to 65535");
        }
        return uri;
    }

    Connections connections(RouteProperties from, int maxPending) {
        Duration idle = from.idleConnection();
        if (idle.isNegative() || idle.compareTo(RouteReader.LONGEST) > 0) {
            throw keys.wrong(
                    "idle-connection",
                    RouteReader.text(idle),
                    "a duration such as 30s, from 0s to " + RouteReader.LONGEST.toDays() + "d");
        }
        DataSize header = from.maxResponseHeader();
        if (header.toBytes() < 1 || header.compareTo(LARGEST_HEADER) > 0) {
            throw keys.wrong("max-response-header", header, "a size such as 64KB, from 1B to 16MB");
        }
        return new Connections(
                maxPending, idle, keys.duration("connection-life", from.connectionLife()), header, tls(from), false);
    }

    private @Nullable String tls(RouteProperties from) {
        String bundle = from.tls();
        if (bundle == null || bundle.isEmpty()) {
            return null;
        }
        String backend = from.backend();
        if (backend != null && !backend.toLowerCase(Locale.ROOT).startsWith("https:")) {
            throw keys.wrong("tls", bundle, "no SSL bundle where the backend's URI does not begin with https:");
        }
        return bundle;
    }
}
