package dev.sluice.route;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.origin.Origin;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Reports a wrong setting as one message: key, value, expectation and origin. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class ConfigurationFailureAnalyzer implements FailureAnalyzer {

    private final Environment environment;

    ConfigurationFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        ConfigurationException wrong = BindErrors.find(failure);
        if (wrong == null) {
            return null;
        }
        ConfigurationProperty property = property(wrong.key());
        if (wrong.value() == null && property != null) {
            wrong = new ConfigurationException(wrong.key(), property.getValue(), wrong.expected());
        }
        Origin origin = property == null ? null : property.getOrigin();
        String description = "The configuration cannot be used:\n\n    key:      " + wrong.key()
                + "\n    value:    " + (wrong.value() == null ? "(not set)" : "'" + wrong.value() + "'")
                + "\n    expected: " + wrong.expected() + (origin == null ? "" : "\n    from:     " + origin);
        return new FailureAnalysis(description, "Correct this key and start again.", failure);
    }

    private @Nullable ConfigurationProperty property(String key) {
        for (String candidate : new String[] {key, key + "[0]"}) {
            ConfigurationPropertyName name = ConfigurationPropertyName.ofIfValid(candidate);
            if (name == null) {
                continue;
            }
            for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
                ConfigurationProperty property = source.getConfigurationProperty(name);
                if (property != null) {
                    return property;
                }
            }
        }
        return null;
    }
}
