package dev.sluice.route;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.bootstrap.ConfigurableBootstrapContext;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;

/** Keeps the {@link StartingPoint} of the environment as a bean. Precedes all that add sources. */
final class StartingPointRecorder implements EnvironmentPostProcessor, Ordered {

    private static final String BEAN = "startingPoint";

    private final ConfigurableBootstrapContext bootstrap;

    StartingPointRecorder(ConfigurableBootstrapContext bootstrap) {
        this.bootstrap = bootstrap;
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        StartingPoint start = new StartingPoint(application, environment);
        bootstrap.addCloseListener(
                event -> event.getApplicationContext().getBeanFactory().registerSingleton(BEAN, start));
    }
}
