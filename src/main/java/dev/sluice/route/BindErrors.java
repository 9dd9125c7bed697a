package dev.sluice.route;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.core.ResolvableType;
import org.springframework.util.unit.DataSize;

/** Finds the setting that caused a failed start, whoever detected it. */
final class BindErrors {

    private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("sluice");

    private BindErrors() {}

    /** The wrong setting behind a failure; null if it has another cause. */
    static @Nullable ConfigurationException find(Throwable failure) {
        ConfigurationException found = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConfigurationException wrong) {
                return wrong;
            }
            if (found == null && cause instanceof BindException bind && ROOT.isAncestorOf(bind.getName())) {
                found = read(bind);
            }
        }
        return found;
    }

    private static ConfigurationException read(BindException error) {
        ResolvableType type = error.getTarget().getType();
        if (error.getCause() instanceof UnboundConfigurationPropertiesException unbound) {
            ConfigurationProperty first =
                    unbound.getUnboundProperties().iterator().next();
            String known = knownKeys(type, first.getName(), error.getName().getNumberOfElements());
            return new ConfigurationException(first.getName().toString(), first.getValue(), known);
        }
        ConfigurationProperty property = error.getProperty();
        return property == null
                ? new ConfigurationException(error.getName().toString(), null, expected(type))
                : new ConfigurationException(property.getName().toString(), property.getValue(), expected(type));
    }

    /** Follows the key through the records as far as possible, and names the keys known there. */
    private static String knownKeys(ResolvableType root, ConfigurationPropertyName key, int from) {
        ResolvableType type = root;
        for (int i = from; i < key.getNumberOfElements(); i++) {
            Class<?> raw = type.toClass();
            ResolvableType next = Map.class.isAssignableFrom(raw)
                    ? type.asMap().getGeneric(1)
                    : component(raw, key.getElement(i, Form.UNIFORM));
            if (next == null) {
                return expected(type);
            }
            type = next;
        }
        return expected(type);
    }

    private static @Nullable ResolvableType component(Class<?> owner, String uniformName) {
        RecordComponent[] components = owner.getRecordComponents();
        for (RecordComponent component : components == null ? new RecordComponent[0] : components) {
            if (dashed(component).replace("-", "").equals(uniformName)) {
                return ResolvableType.forType(component.getGenericType());
            }
        }
        return null;
    }

    /** The key of a component: its name, or that of its annotation. */
    static String dashed(RecordComponent component) {
        try {
            Name name = component
                    .getDeclaringRecord()
                    .getDeclaredField(component.getName())
                    .getAnnotation(Name.class);
            return name != null ? name.value() : DataObjectPropertyName.toDashedForm(component.getName());
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("every component of a record has a field", e);
        }
    }

    private static String expected(ResolvableType type) {
        Class<?> raw = type.toClass();
        if (raw == RouteProperties.ConcurrencyValue.class) {
            return "a whole number, or the keys min and max, or cluster, with one";
        } else if (raw == RouteProperties.RateValue.class) {
            return "a rate such as 50/s, or the keys limit or cluster with one, and burst with a number";
        } else if (raw.isRecord()) {
            return "one of the keys "
                    + Arrays.stream(raw.getRecordComponents())
                            .map(BindErrors::dashed)
                            .collect(Collectors.joining(", "));
        } else if (raw.isEnum()) {
            return "one of "
                    + Arrays.stream(raw.getEnumConstants())
                            .map(constant ->
                                    constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
                            .collect(Collectors.joining(", "));
        } else if (raw == Duration.class) {
            return "a duration such as 30s, 5m or PT2H";
        } else if (raw == DataSize.class) {
            return "a size such as 512KB or 10MB";
        } else if (raw == int.class || raw == Integer.class || raw == long.class || raw == Long.class) {
            return "a whole number";
        } else if (raw == boolean.class || raw == Boolean.class) {
            return "true or false";
        }
        return "a value of another form";
    }
}
