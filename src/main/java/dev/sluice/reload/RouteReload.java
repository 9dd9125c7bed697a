package dev.sluice.reload;

import dev.sluice.protection.RouteEvent;
import dev.sluice.protection.RouteEvents;
import dev.sluice.route.ConfigurationException;
import dev.sluice.route.ConfigurationFiles;
import dev.sluice.route.ConfigurationReader;
import dev.sluice.route.ConfigurationReader.Reading;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.RouteChange;
import dev.sluice.route.UnusableConfigurationException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Reads the configuration and applies its routes: all of them, or none if a start with it would be refused. Other settings that
 * have changed are only reported.
 */
public final class RouteReload {

    private static final Logger LOG = LoggerFactory.getLogger(RouteReload.class);

    private final ConfigurationReader reader;
    private final CurrentRoutes routes;
    private final RouteEvents events;
    private final ReloadMeters meters;
    private final Clock clock;
    private final Scheduler scheduler;
    private volatile @Nullable Outcome last;

    /**
     * How the last reload ended.
     *
     * @param at when
     * @param report what it did; null if it was refused
     * @param refusal why it was refused; null if it was not
     */
    record Outcome(
            Instant at,
            @Nullable ReloadReport report,
            @Nullable String refusal) {}

    /**
     * Makes it.
     *
     * @param scheduler single-threaded, so that there is one reload at a time; may be blocked
     */
    RouteReload(
            ConfigurationReader reader,
            CurrentRoutes routes,
            RouteEvents events,
            ReloadMeters meters,
            Clock clock,
            Scheduler scheduler) {
        this.reader = reader;
        this.routes = routes;
        this.events = events;
        this.meters = meters;
        this.clock = clock;
        this.scheduler = scheduler;
    }

    /**
     * Reads and applies, after the reloads before. Completes when requests are matched by the new routes. Error: {@link
     * UnusableConfigurationException}, and then nothing has changed.
     */
    public Mono<ReloadReport> now() {
        return Mono.fromCallable(this::apply).subscribeOn(scheduler);
    }

    /** How the last one ended; null if there was none. */
    @Nullable
    Outcome last() {
        return last;
    }

    /** The files that the current routes come from. */
    ConfigurationFiles files() {
        return reader.files();
    }

    /** Reads and applies. On the scheduler only. */
    ReloadReport apply() {
        Instant now = clock.instant();
        try {
            requireFiles();
            ReloadReport report = apply(reader.read());
            meters.read(!report.changedNothing(), now);
            last = new Outcome(now, report, null);
            return report;
        } catch (UnusableConfigurationException e) {
            LOG.warn("The routes stay as they are. {}", e.getMessage());
            meters.refused();
            last = new Outcome(now, null, e.summary());
            throw e;
        }
    }

    private ReloadReport apply(Reading reading) {
        RouteChange change;
        try {
            change = routes.replace(reading.routes());
        } catch (ConfigurationException e) {
            throw reader.refused(reading, e);
        }
        Map<String, List<String>> settings = reader.changed(reading);
        reader.applied(reading);
        ReloadReport report = ReloadReport.of(reading.routes().all().size(), change, reading.waitForRestart());
        log(report, settings);
        tell(report, settings);
        return report;
    }

    /**
     * Without a file that is just being replaced there might be no routes, and without a route its jobs fail. Whoever removes a
     * file for good restarts the gateway.
     */
    private void requireFiles() {
        try {
            List<Path> missing = reader.files().state().missing();
            if (!missing.isEmpty()) {
                throw new UnusableConfigurationException(
                        "The configuration cannot be used: routes or settings came from " + missing.get(0)
                                + ", which is gone or empty.",
                        "The configuration cannot be used: a file that routes or settings came from is gone or empty."
                                + " The routes stay as they are; the log of this node names it.",
                        null);
            }
        } catch (IOException e) {
            throw new UnusableConfigurationException(
                    "The configuration cannot be read: " + e.getMessage(),
                    "The configuration cannot be read. The routes stay as they are; the log of this node says why.",
                    e);
        }
    }

    private void tell(ReloadReport report, Map<String, List<String>> settings) {
        Instant now = clock.instant();
        report.added().forEach(id -> events.publish(new RouteEvent(id, now, "added", Map.of())));
        report.removed().forEach(id -> events.publish(new RouteEvent(id, now, "removed", Map.of())));
        report.changed()
                .forEach(id -> events.publish(new RouteEvent(
                        id,
                        now,
                        "changed",
                        Map.of("settings", String.join(", ", settings.getOrDefault(id, List.of()))))));
    }

    private static void log(ReloadReport report, Map<String, List<String>> settings) {
        List<String> changed = report.changed().stream()
                .map(id -> id + " " + settings.getOrDefault(id, List.of()))
                .toList();
        if (report.changedNothing()) {
            LOG.info("The configuration was read again, and the routes are as before");
        } else {
            LOG.info(
                    "The routes were read again: added {}, removed {}, changed {}",
                    report.added(),
                    report.removed(),
                    changed);
        }
        if (!report.waitForRestart().isEmpty()) {
            LOG.warn("These settings have changed and take effect with the next start: {}", report.waitForRestart());
        }
    }
}
