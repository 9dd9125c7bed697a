package dev.sluice.backend;

import dev.sluice.route.ConfigurationException;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import dev.sluice.route.RouteTable;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.http.client.ReactorResourceFactory;
import reactor.netty.transport.NameResolverProvider;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(BackendProperties.class)
class BackendConfiguration {

    /** Longest wait for an answer about a name of the public internet. */
    private static final Duration NAMES = Duration.ofSeconds(5);

    @Bean
    GatewayUrl gatewayUrl(BackendProperties properties, Environment environment) {
        return new GatewayUrl(properties.gatewayUrl(), environment);
    }

    @Bean(destroyMethod = "close")
    AddressResolverGroup<InetSocketAddress> publicAddresses(ReactorResourceFactory resources) {
        return new PublicAddresses(NameResolverProvider.builder()
                .queryTimeout(NAMES)
                .build()
                .newNameResolverGroup(resources.getLoopResources(), true));
    }

    /** On the event loops of the server: one set of threads, as many as there are cores. */
    @Bean
    HttpBackend backend(
            ReactorResourceFactory resources,
            AddressResolverGroup<InetSocketAddress> publicAddresses,
            CurrentRoutes routes,
            ObjectProvider<SslBundles> bundles,
            MeterRegistry registry) {
        SslBundles known = bundles.getIfAvailable(DefaultSslBundleRegistry::new);
        routes.require(table -> requireBundles(table, known));
        HttpBackend backend = new HttpBackend(
                resources.getLoopResources(), known, publicAddresses, registry, key -> isCurrent(routes, key));
        routes.follow(change -> {
            prepare(backend, change.added());
            prepare(backend, change.changed());
            backend.closeSuperseded();
        });
        return backend;
    }

    private static void prepare(HttpBackend backend, List<Route> routes) {
        routes.forEach(route -> backend.prepare(route.call()));
    }

    private static boolean isCurrent(CurrentRoutes routes, PoolKey key) {
        // Callbacks go over http and https, and their settings do not change.
        return key.policy().deliversCallbacks()
                || routes.byId(key.policy().id())
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
                String key = route.isInternal() ? "sluice." + route.id() : "sluice.routes." + route.id();
                Tls.require(key + ".tls", tls, bundles);
            }
        }
    }
}
