package dev.sluice.backend;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.web.server.Ssl;
import org.springframework.core.env.Environment;

/** The URL under which backends reach this gateway. For any thread. */
public final class GatewayUrl {

    private final Environment environment;
    private final String scheme;
    private volatile @Nullable String known;

    /**
     * Makes the URL.
     *
     * @param configured the configured URL; null for the port of the public listener on {@code localhost}, by https where that
     *     has TLS
     * @param environment contains that port once the listener is bound
     */
    public GatewayUrl(@Nullable String configured, Environment environment) {
        this.known = configured == null ? null : configured.replaceFirst("/+$", "");
        this.environment = environment;
        this.scheme = isSecure(environment) ? "https" : "http";
    }

    /** Scheme, authority and path prefix, without a slash at its end. */
    public String text() {
        String url = known;
        return url == null ? local() : url;
    }

    /** The port is known for good when the listener is bound, which it is before anything is sent to a backend. */
    private String local() {
        String bound = environment.getProperty("local.server.port");
        String port = bound == null ? environment.getProperty("server.port", "8080") : bound;
        String url = scheme + "://localhost:" + port;
        if (bound != null) {
            known = url;
        }
        return url;
    }

    private static boolean isSecure(Environment environment) {
        return Binder.get(environment)
                .bind("server.ssl", Ssl.class)
                .map(ssl -> ssl.isEnabled())
                .orElse(false);
    }
}
