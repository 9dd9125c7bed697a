package dev.sluice.route;

import java.util.Set;
import java.util.TreeSet;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.Environment;

/**
 * Refuses unknown keys under {@code sluice.}. The record of each package refuses unknown keys below its own prefix, but nothing
 * else detects one such as {@code sluice.jurnal.path}. The prefixes are those of {@code @ConfigurationProperties}. Environment
 * variables and system properties are not checked, because other programs set some of them, such as {@code SLUICE_PORT} in a
 * Kubernetes pod with a service of that name.
 */
final class UnknownKeys implements BeanFactoryPostProcessor {

    private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("sluice");
    private static final String ROUTES = "sluice.routes";

    private final Environment environment;

    UnknownKeys(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
        check(environment, KnownSettings.of(beans).prefixes());
    }

    /**
     * Checks an environment.
     *
     * @param records the prefixes of the settings but that of the routes
     * @throws ConfigurationException naming a key under none of them
     */
    static void check(Environment environment, Set<String> records) {
        Set<String> prefixes = new TreeSet<>(records);
        prefixes.add(ROUTES);
        UnboundElementsSourceFilter files = new UnboundElementsSourceFilter();
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (files.apply(source) && source instanceof IterableConfigurationPropertySource names) {
                names.stream().filter(ROOT::isAncestorOf).forEach(name -> require(name, prefixes, names));
            }
        }
    }

    private static void require(
            ConfigurationPropertyName name, Set<String> prefixes, ConfigurationPropertySource source) {
        for (String prefix : prefixes) {
            if (ConfigurationPropertyName.of(prefix).isAncestorOf(name)) {
                return;
            }
        }
        var property = source.getConfigurationProperty(name);
        throw new ConfigurationException(
                name.toString(),
                property == null ? null : property.getValue(),
                "no such key; the known ones begin with " + String.join(", ", prefixes));
    }
}
