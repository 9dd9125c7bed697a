package dev.sluice.ingress;

import dev.sluice.ingress.forwarded.TrustedProxies;
import java.util.Map;
import org.apache.commons.logging.Log;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.logging.DeferredLogFactory;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;

/**
 * Makes {@link TrustedProxies} the only place where {@code Forwarded} and {@code X-Forwarded-*} are believed, on both
 * listeners. Left to itself, Spring Boot lets the web server believe everybody as soon as it detects a cloud platform by its
 * environment variables. This keeps Spring's own filter away; the web servers are told by themselves.
 */
final class NoForwardHeadersStrategy implements EnvironmentPostProcessor, Ordered {

    private static final String KEY = "server.forward-headers-strategy";

    private final Log log;

    NoForwardHeadersStrategy(DeferredLogFactory logs) {
        this.log = logs.getLog(NoForwardHeadersStrategy.class);
    }

    /** After the configuration files have been read. */
    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        String set = environment.getProperty(KEY);
        if (set != null && !set.equalsIgnoreCase("none")) {
            log.warn(
                    KEY
                            + " has no effect: sluice.ingress.trusted-proxies says whose Forwarded and X-Forwarded-* are believed");
        }
        MutablePropertySources sources = environment.getPropertySources();
        sources.addFirst(new MapPropertySource("noForwardHeadersStrategy", Map.of(KEY, "none")));
    }
}
