package dev.sluice.route;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.annotation.AnnotationAwareOrderComparator;
import org.springframework.core.env.Environment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;
import org.springframework.core.io.support.SpringFactoriesLoader.FailureHandler;

/** Says why a configuration cannot be used, in the words of a start that fails for the same reason. */
final class Refusals {

    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

    private final BeanFactory beans;

    Refusals(BeanFactory beans) {
        this.beans = beans;
    }

    /**
     * The exception for a failure.
     *
     * @param read the environment whose settings caused it, as far as it was read
     */
    UnusableConfigurationException of(Throwable failure, Environment read) {
        for (FailureAnalyzer analyzer : analyzers(read)) {
            FailureAnalysis analysis = analyze(analyzer, failure);
            if (analysis != null) {
                return new UnusableConfigurationException(analysis.getDescription(), summary(failure), failure);
            }
        }
        return new UnusableConfigurationException(
                "The configuration cannot be read: " + failure.getMessage(), summary(failure), failure);
    }

    private static String summary(Throwable failure) {
        ConfigurationException wrong = BindErrors.find(failure);
        String what = wrong == null ? "it cannot be read." : wrong.key() + "; expected: " + wrong.expected() + ".";
        return "The configuration cannot be used: " + what + " The routes stay as they are; the log of this node has"
                + " the details.";
    }

    private List<FailureAnalyzer> analyzers(Environment read) {
        List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation(
                        getClass().getClassLoader())
                .load(
                        FailureAnalyzer.class,
                        ArgumentResolver.of(BeanFactory.class, beans).and(Environment.class, read),
                        FailureHandler.handleMessage((message, error) -> LOG.debug(message.get(), error)));
        AnnotationAwareOrderComparator.sort(analyzers);
        return analyzers;
    }

    /** Some expect a start, and fail. */
    private static @Nullable FailureAnalysis analyze(FailureAnalyzer analyzer, Throwable failure) {
        try {
            return analyzer.analyze(failure);
        } catch (RuntimeException e) {
            LOG.debug("{} cannot analyze a failure", analyzer, e);
            return null;
        }
    }
}
