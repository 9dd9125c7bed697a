package dev.sluice.backend;

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
            RouteTable routes,
            ObjectProvider<SslBundles> bundles,
            MeterRegistry registry) {
        SslBundles known = bundles.getIfAvailable(DefaultSslBundleRegistry::new);
        Tls.require(routes, known);
        return new HttpBackend(resources.getLoopResources(), known, registry);
    }
}
