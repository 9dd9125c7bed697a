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
 * The environment that both listeners read their settings from, without {@linkplain ServiceLinks service links}. The
 * management listener has an environment of its own, in which the variables come first; so they are set apart where every
 * environment is made.
 */
class GatewayEnvironment extends StandardReactiveWebEnvironment {

    @Override
    protected void customizePropertySources(MutablePropertySources sources) {
        super.customizePropertySources(sources);
        ServiceLinks.setApart(sources);
    }

    /** Profiles are Spring Boot's to set. */
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

    /** Comes before Spring Boot's, which would make an environment of another kind; null leaves it to those. */
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
