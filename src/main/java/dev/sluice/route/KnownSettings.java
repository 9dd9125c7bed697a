package dev.sluice.route;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.Environment;

/** The settings under {@code sluice.}: the records that they are bound to, by prefix. */
final class KnownSettings {

    private final Map<String, Class<?>> records;

    private KnownSettings(Map<String, Class<?>> records) {
        this.records = records;
    }

    /** Those that the application declares with {@code @ConfigurationProperties}. Creates no bean. */
    static KnownSettings of(ConfigurableListableBeanFactory beans) {
        Map<String, Class<?>> records = new TreeMap<>();
        for (String bean : beans.getBeanDefinitionNames()) {
            ConfigurationProperties owner = beans.findAnnotationOnBean(bean, ConfigurationProperties.class, false);
            Class<?> type = beans.getType(bean, false);
            if (owner != null && type != null && owner.prefix().startsWith("sluice.")) {
                records.put(owner.prefix(), type);
            }
        }
        return new KnownSettings(records);
    }

    /** The prefixes but that of the routes. */
    Set<String> prefixes() {
        return records.keySet();
    }

    /**
     * Refuses what a start would refuse when it binds the settings.
     *
     * @throws RuntimeException naming the wrong one
     */
    void check(Environment environment) {
        UnknownKeys.check(environment, prefixes());
        Binder binder = Binder.get(environment);
        records.forEach((prefix, type) -> binder.bindOrCreate(
                prefix,
                Bindable.of(type),
                new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter())));
    }
}
