package dev.sluice.route;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Reads the configuration again while the gateway runs: the same files, profiles and imports as at the start, with the
 * precedence and the checks of a start. Reads files, so the caller must be allowed to block; one at a time.
 */
public final class ConfigurationReader {

    private final @Nullable StartingPoint start;
    private final ConfigurableEnvironment atStart;
    private final KnownSettings known;
    private final Refusals refusals;
    private ConfigurableEnvironment applied;

    ConfigurationReader(
            @Nullable StartingPoint start, ConfigurableEnvironment atStart, KnownSettings known, Refusals refusals) {
        this.start = start;
        this.atStart = atStart;
        this.known = known;
        this.refusals = refusals;
        this.applied = atStart;
    }

    /**
     * The routes of the configuration as it is now.
     *
     * @param routes the routes
     * @param files where they come from
     * @param waitForRestart names of other settings that are not as they were at the start
     */
    public record Reading(
            RouteTable routes,
            ConfigurationFiles files,
            List<String> waitForRestart,
            ConfigurableEnvironment environment) {}

    /**
     * Reads.
     *
     * @throws UnusableConfigurationException if the gateway would not start with it
     */
    public synchronized Reading read() {
        ConfigurableEnvironment environment = atStart;
        try {
            environment = start == null ? atStart : start.again();
            known.check(environment);
            return new Reading(
                    new RouteTable(RouteBinder.bind(environment)),
                    ConfigurationFiles.of(environment),
                    Settings.changed(atStart, environment),
                    environment);
        } catch (RuntimeException e) {
            throw refusals.of(e, environment);
        }
    }

    /** The files that the current routes come from. */
    public synchronized ConfigurationFiles files() {
        return ConfigurationFiles.of(applied);
    }

    /** The exception for routes that were read but do not meet the requirements. */
    public UnusableConfigurationException refused(Reading reading, ConfigurationException reason) {
        return refusals.of(reason, reading.environment());
    }

    /** The names of the settings that were read and are not as they were applied last, by route. */
    public synchronized Map<String, List<String>> changed(Reading reading) {
        return Settings.changedOfRoutes(applied, reading.environment());
    }

    /** What was read applies now. */
    public synchronized void applied(Reading reading) {
        applied = reading.environment();
    }
}
