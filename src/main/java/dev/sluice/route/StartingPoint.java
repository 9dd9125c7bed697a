package dev.sluice.route;

import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.bootstrap.DefaultBootstrapContext;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.support.EnvironmentPostProcessorApplicationListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;

/**
 * What an environment consists of before Spring Boot reads configuration files into it: the command line, system properties and
 * environment variables. Reading them {@link #again} from here has the files, profiles, imports and the precedence of a start.
 */
final class StartingPoint {

    /** Is attached to one environment and refers to its sources. */
    private static final String ATTACHED = "configurationProperties";

    private final SpringApplication application;
    private final List<PropertySource<?>> sources;

    StartingPoint(SpringApplication application, ConfigurableEnvironment environment) {
        this.application = application;
        this.sources = environment.getPropertySources().stream()
                .filter(source -> !source.getName().equals(ATTACHED))
                .toList();
    }

    /** A new environment, prepared as the one at the start was. Reads files. */
    ConfigurableEnvironment again() {
        ConfigurableEnvironment environment = new GatewayEnvironment();
        MutablePropertySources all = environment.getPropertySources();
        all.stream().map(PropertySource::getName).toList().forEach(all::remove);
        sources.forEach(all::addLast);
        ConfigurationPropertySources.attach(environment);
        new EnvironmentPostProcessorApplicationListener()
                .onApplicationEvent(new ApplicationEnvironmentPreparedEvent(
                        new DefaultBootstrapContext(), application, new String[0], environment));
        return environment;
    }
}
