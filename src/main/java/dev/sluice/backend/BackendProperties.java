package dev.sluice.backend;

import dev.sluice.route.Authority;
import dev.sluice.route.ConfigurationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The keys under {@code sluice.backend}.
 *
 * @param gatewayUrl URL under which backends reach this gateway. The server's port on localhost unless set, by https
 *     where server.ssl is.
 */
@ConfigurationProperties(prefix = "sluice.backend", ignoreUnknownFields = false)
record BackendProperties(@Nullable String gatewayUrl) {

    BackendProperties {
        if (gatewayUrl != null && !isUsable(gatewayUrl)) {
            throw new ConfigurationException(
                    "sluice.backend.gateway-url",
                    gatewayUrl,
                    "an http or https URI such as http://gateway.internal:8080, without query, fragment and user"
                            + " information");
        }
    }

    private static boolean isUsable(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            return false;
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        return (scheme.equals("http") || scheme.equals("https"))
                && isReachable(Authority.of(uri))
                && uri.getRawQuery() == null
                && uri.getRawFragment() == null
                && uri.getRawUserInfo() == null
                && uri.toASCIIString().equals(url);
    }

    private static boolean isReachable(@Nullable Authority authority) {
        return authority != null && authority.port() != 0 && authority.port() <= 65_535;
    }
}
