package dev.sluice.backend;

import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/** The URL under which backends reach this gateway. For any thread. */
public final class GatewayUrl {

    private final Environment environment;
    private volatile @Nullable String known;

    /**
     * Makes the URL.
     *
     * @param configured the configured URL; null for the port of the public listener on {@code localhost}
     * @param environment contains that port once the listener is bound
     */
    public GatewayUrl(@Nullable String configured, Environment environment) {
        this.known = configured == null ? null : configured.replaceFirst("/+$", "");
        this.environment = environment;
    }

    /** Scheme, authority and path prefix, without a slash at its end. */
    public String text() {
        String url = known;
        return url == null ? local() : url;
    }

    /** The port is known for good when the listener is bound, which it is before anything is sent to a backend. */
    private String local() {
        String bound = environment.getProperty("local.server.port");
        String url = "http://localhost:" + (bound == null ? environment.getProperty("server.port", "8080") : bound);
        if (bound != null) {
            known = url;
        }
        return url;
    }
}
