package dev.sluice.route;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/** Configures the validated routes and the check for unknown keys. */
@Configuration(proxyBeanMethods = false)
class RouteConfiguration {

    /** Runs before any bean is created, so that nothing is opened with a configuration that is partly ignored. */
    @Bean
    static BeanFactoryPostProcessor unknownKeys(Environment environment) {
        return new UnknownKeys(environment);
    }

    @Bean
    ConfigurationReader configurationReader(
            ObjectProvider<StartingPoint> start,
            ConfigurableEnvironment environment,
            ConfigurableListableBeanFactory beans) {
        return new ConfigurationReader(
                start.getIfAvailable(), environment, KnownSettings.of(beans), new Refusals(beans));
    }

    @Bean
    CurrentRoutes routes(Environment environment, ObjectProvider<InternalRoute> internal) {
        CurrentRoutes routes = new CurrentRoutes(
                new RouteTable(RouteBinder.bind(environment)),
                internal.orderedStream().toList());
        routes.require(RouteTable::requireReachable);
        return routes;
    }
}
