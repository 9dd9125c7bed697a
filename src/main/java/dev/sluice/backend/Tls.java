package dev.sluice.backend;

import dev.sluice.route.ConfigurationException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.util.Arrays;
import javax.net.ssl.SSLException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslOptions;

/** TLS of the connections to backends, configured by Spring's SSL bundles. */
final class Tls {

    private Tls() {}

    /**
     * Refuses a bundle that is not there or cannot be used.
     *
     * @param key the setting that names it
     * @throws ConfigurationException naming that setting
     */
    static void require(String key, String name, SslBundles bundles) {
        if (!bundles.getBundleNames().contains(name)) {
            throw new ConfigurationException(
                    key,
                    name,
                    "the name of an SSL bundle under spring.ssl.bundle; there are: "
                            + String.join(", ", bundles.getBundleNames()));
        }
        try {
            context(bundles.getBundle(name));
        } catch (SSLException | RuntimeException e) {
            throw new ConfigurationException(
                    key, name, "an SSL bundle whose stores can be read (" + e.getMessage() + ")");
        }
    }

    /** The context of a bundle, which verifies the host name. Reads files, so it must not be called on an event loop. */
    static SslContext of(SslBundle bundle) {
        try {
            return context(bundle);
        } catch (SSLException e) {
            throw new IllegalStateException("an SSL bundle cannot be used", e);
        }
    }

    private static SslContext context(SslBundle bundle) throws SSLException {
        SslManagerBundle managers = bundle.getManagers();
        SslContextBuilder builder = SslContextBuilder.forClient()
                .keyManager(managers.getKeyManagerFactory())
                .trustManager(managers.getTrustManagerFactory())
                .endpointIdentificationAlgorithm("HTTPS");
        SslOptions options = bundle.getOptions();
        if (options.getEnabledProtocols() != null) {
            builder.protocols(options.getEnabledProtocols());
        }
        if (options.getCiphers() != null) {
            builder.ciphers(Arrays.asList(options.getCiphers()));
        }
        return builder.build();
    }
}
