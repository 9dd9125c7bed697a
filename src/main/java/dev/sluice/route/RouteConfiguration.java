package dev.sluice.route;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** The routes as a bean, checked; and the check for keys that nobody knows. */
@Configuration(proxyBeanMethods = false)
class RouteConfiguration {

    /** Runs before any bean is made, so that nothing is opened with half of what the operator meant. */
    @Bean
    static BeanFactoryPostProcessor unknownKeys(Environment environment) {
        return new UnknownKeys(environment);
    }

    @Bean
    RouteTable routeTable(Environment environment) {
        RouteTable table = new RouteTable(RouteBinder.bind(environment));
        table.requireReachable();
        return table;
    }
}
