package dev.sluice.backend;

import dev.sluice.route.ConfigurationException;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import dev.sluice.route.RouteTable;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.http.client.ReactorResourceFactory;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(BackendProperties.class)
class BackendConfiguration {

    @Bean
    GatewayUrl gatewayUrl(BackendProperties properties, Environment environment) {
        return new GatewayUrl(properties.gatewayUrl(), environment);
    }

    /** On the event loops of the server: one set of threads, as many as there are cores. */
    @Bean
    HttpBackend backend(
            ReactorResourceFactory resources,
            CurrentRoutes routes,
            ObjectProvider<SslBundles> bundles,
            MeterRegistry registry) {
        SslBundles known = bundles.getIfAvailable(DefaultSslBundleRegistry::new);
        routes.require(table -> requireBundles(table, known));
        HttpBackend backend =
                new HttpBackend(resources.getLoopResources(), known, registry, key -> isCurrent(routes, key));
        routes.follow(change -> backend.closeSuperseded());
        return backend;
    }

    private static boolean isCurrent(CurrentRoutes routes, PoolKey key) {
        return routes.byId(key.policy().id())
                .filter(route -> key.equals(new PoolKey(route.call())))
                .isPresent();
    }

    /**
     * Refuses routes whose SSL bundle is not there or cannot be used.
     *
     * @throws ConfigurationException naming the setting of such a route
     */
    static void requireBundles(RouteTable routes, SslBundles bundles) {
        for (Route route : routes.all()) {
            String tls = route.call().connections().tls();
            if (tls != null) {
                Tls.require("sluice.routes." + route.id() + ".tls", tls, bundles);
            }
        }
    }
}
