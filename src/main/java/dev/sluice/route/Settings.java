package dev.sluice.route;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.Environment;

/** Compares the settings of two environments by their names, without ever showing a value. */
final class Settings {

    private static final ConfigurationPropertyName ROUTES = ConfigurationPropertyName.of("sluice.routes");

    /** What the gateway, Spring Boot and its servers are configured by; anything else serves as a placeholder at most. */
    private static final List<ConfigurationPropertyName> ROOTS = Stream.of(
                    "sluice", "server", "spring", "management", "logging")
            .map(ConfigurationPropertyName::of)
            .toList();

    /** Set by Spring Boot after the environment is prepared. */
    private static final Set<String> BY_THE_START = Set.of("spring.application.pid", "spring.application.version");

    private Settings() {}

    /** The names of settings, other than those of routes, that are not the same in both; sorted. */
    static List<String> changed(Environment before, Environment after) {
        return differing(before, after).stream()
                .filter(name -> ROOTS.stream().anyMatch(root -> root.isAncestorOf(name)) && !ROUTES.isAncestorOf(name))
                .map(ConfigurationPropertyName::toString)
                .filter(name -> !BY_THE_START.contains(name))
                .toList();
    }

    /** The names of the settings that are not the same in both, by route and without that prefix; sorted. */
    static Map<String, List<String>> changedOfRoutes(Environment before, Environment after) {
        return differing(before, after).stream()
                .filter(name -> name.getNumberOfElements() > 3 && ROUTES.isAncestorOf(name))
                .collect(Collectors.groupingBy(
                        name -> name.getElement(2, Form.ORIGINAL),
                        Collectors.mapping(name -> name.subName(3).toString(), Collectors.toList())));
    }

    private static Set<ConfigurationPropertyName> differing(Environment before, Environment after) {
        Set<ConfigurationPropertyName> names = new TreeSet<>(names(before));
        names.addAll(names(after));
        names.removeIf(name -> same(name, before, after));
        return names;
    }

    private static Set<ConfigurationPropertyName> names(Environment environment) {
        Set<ConfigurationPropertyName> names = new TreeSet<>();
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (source instanceof IterableConfigurationPropertySource iterable) {
                iterable.forEach(names::add);
            }
        }
        return names;
    }

    private static boolean same(ConfigurationPropertyName name, Environment before, Environment after) {
        Object one = raw(name, before);
        Object other = raw(name, after);
        if (!Objects.equals(one, other)) {
            return false;
        }
        String text = String.valueOf(one);
        return !text.contains("${")
                || text.contains("${random.")
                || Objects.equals(resolved(text, before), resolved(text, after));
    }

    private static @Nullable Object raw(ConfigurationPropertyName name, Environment environment) {
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            var property = source.getConfigurationProperty(name);
            if (property != null) {
                return property.getValue();
            }
        }
        return null;
    }

    private static String resolved(String text, Environment environment) {
        return environment.resolvePlaceholders(text);
    }
}
