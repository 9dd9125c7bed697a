package dev.sluice;

import java.lang.reflect.Constructor;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.beans.factory.annotation.AnnotatedBeanDefinition;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.bind.ConstructorBinding;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.util.ClassUtils;

/** The keys under {@code sluice.} that the configuration classes of the gateway take, found by reflection. */
final class ConfigurationKeys {

    /** Where the keys of a route are: {@code <id>} stands for its id. */
    static final String ROUTE = "sluice.routes.<id>.";

    private final Map<String, List<String>> defaults = new TreeMap<>();

    private ConfigurationKeys() {}

    /** Each key with the texts of its default, none where there is no fixed one. */
    static Map<String, List<String>> read() {
        ConfigurationKeys keys = new ConfigurationKeys();
        scan(ConfigurationProperties.class).stream()
                .filter(type -> prefix(type).startsWith("sluice."))
                .forEach(type -> keys.add(prefix(type) + ".", type));
        scan(ConfigurationPropertiesSource.class).forEach(type -> keys.add(ROUTE, type));
        return keys.defaults;
    }

    /** The one class whose keys are those of a route. */
    static Class<?> routeType() {
        List<Class<?>> types = scan(ConfigurationPropertiesSource.class);
        if (types.size() != 1) {
            throw new AssertionError("one class has the keys of a route, and not " + types);
        }
        return types.get(0);
    }

    private void add(String prefix, Class<?> type) {
        for (Parameter component : bound(type).getParameters()) {
            String key = prefix + name(component);
            boolean nested = component.getType().isRecord();
            if (!nested || isAlsoAValue(component.getType())) {
                DefaultValue value = component.getAnnotation(DefaultValue.class);
                defaults.put(key, value == null ? List.of() : List.of(value.value()));
            }
            if (nested) {
                add(key + ".", component.getType());
            }
        }
    }

    /** Whether a value alone can stand for the record, as the number of places does. */
    private static boolean isAlsoAValue(Class<?> type) {
        return ClassUtils.hasMethod(type, "valueOf", String.class);
    }

    private static Constructor<?> bound(Class<?> type) {
        return Arrays.stream(type.getDeclaredConstructors())
                .filter(constructor -> constructor.isAnnotationPresent(ConstructorBinding.class))
                .findAny()
                .orElseGet(() -> type.getDeclaredConstructors()[0]);
    }

    private static String name(Parameter component) {
        Name name = component.getAnnotation(Name.class);
        return name != null ? name.value() : DataObjectPropertyName.toDashedForm(component.getName());
    }

    private static String prefix(Class<?> type) {
        return type.getAnnotation(ConfigurationProperties.class).prefix();
    }

    /** Records of the gateway, and not of its tests, with this annotation. */
    private static List<Class<?>> scan(Class<? extends java.lang.annotation.Annotation> annotation) {
        var scanner = new ClassPathScanningCandidateComponentProvider(false) {
            @Override
            protected boolean isCandidateComponent(AnnotatedBeanDefinition definition) {
                return true;
            }
        };
        scanner.addIncludeFilter(new AnnotationTypeFilter(annotation));
        return scanner.findCandidateComponents("dev.sluice").stream()
                .<Class<?>>map(definition -> ClassUtils.resolveClassName(
                        String.valueOf(definition.getBeanClassName()), ConfigurationKeys.class.getClassLoader()))
                .filter(type -> type.getProtectionDomain()
                        .getCodeSource()
                        .equals(SluiceApplication.class.getProtectionDomain().getCodeSource()))
                .toList();
    }
}
