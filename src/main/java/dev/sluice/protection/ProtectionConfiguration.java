package dev.sluice.protection;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Configures what protects the backends. */
@Configuration(proxyBeanMethods = false)
class ProtectionConfiguration {

    @Bean
    Changes protectionChanges() {
        return new Changes();
    }

    @Bean
    RouteEvents routeEvents() {
        return new RouteEvents();
    }

    @Bean
    Protections protections(ObjectProvider<Protection> all, Changes protectionChanges) {
        return new Protections(all.orderedStream().toList(), protectionChanges);
    }
}
