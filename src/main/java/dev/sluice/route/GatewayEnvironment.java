package dev.sluice.route;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.ApplicationContextFactory;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.web.context.reactive.StandardReactiveWebEnvironment;
import org.springframework.boot.web.server.reactive.context.AnnotationConfigReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.ConfigurablePropertyResolver;
import org.springframework.core.env.MutablePropertySources;

/**
 * The environment of both listeners, without {@linkplain ServiceLinks service links}. The management listener has an environment
 * of its own, in which variables take precedence, so service links are removed wherever an environment is created.
 */
class GatewayEnvironment extends StandardReactiveWebEnvironment {

    @Override
    protected void customizePropertySources(MutablePropertySources sources) {
        super.customizePropertySources(sources);
        ServiceLinks.setApart(sources);
    }

    /** Spring Boot sets the profiles. */
    @Override
    protected @Nullable String doGetActiveProfilesProperty() {
        return null;
    }

    @Override
    protected @Nullable String doGetDefaultProfilesProperty() {
        return null;
    }

    @Override
    protected ConfigurablePropertyResolver createPropertyResolver(MutablePropertySources sources) {
        return ConfigurationPropertySources.createPropertyResolver(sources);
    }

    /** Precedes Spring Boot's factories, which would create another kind of environment; null defers to them. */
    @Order(0)
    static final class Factory implements ApplicationContextFactory {

        @Override
        public @Nullable Class<? extends ConfigurableEnvironment> getEnvironmentType(
                @Nullable WebApplicationType type) {
            return type == WebApplicationType.REACTIVE ? GatewayEnvironment.class : null;
        }

        @Override
        public @Nullable ConfigurableEnvironment createEnvironment(@Nullable WebApplicationType type) {
            return type == WebApplicationType.REACTIVE ? new GatewayEnvironment() : null;
        }

        @Override
        public @Nullable ConfigurableApplicationContext create(@Nullable WebApplicationType type) {
            return type == WebApplicationType.REACTIVE
                    ? new AnnotationConfigReactiveWebServerApplicationContext()
                    : null;
        }
    }
}
