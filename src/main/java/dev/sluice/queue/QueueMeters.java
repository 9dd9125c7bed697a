package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.journal.Backlog.RouteBacklog;
import dev.sluice.journal.JobReader;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import dev.sluice.route.RouteChange;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** All meters of the queue, and the counter of restarts for every long-lived pipeline. */
public final class QueueMeters {

    private final MeterRegistry registry;
    private final JobReader journal;
    private final Clock clock;
    private final Timer renewals;

    /** Those that a route has as long as it is configured. */
    private final Map<String, List<Gauge>> gauges = new ConcurrentHashMap<>();

    private final Map<String, Timer> times = new ConcurrentHashMap<>();

    QueueMeters(MeterRegistry registry, JobReader journal, CurrentRoutes routes, Clock clock) {
        this.registry = registry;
        this.journal = journal;
        this.clock = clock;
        this.renewals = Timer.builder("sluice.queue.renewals")
                .description("Renewing the leases of all jobs that run on this node")
                .register(registry);
        routes.follow(this::follow);
    }

    /** Counts a restart of a pipeline after an unexpected error. */
    public void restarted(String pipeline) {
        Counter.builder("sluice.pipeline.restarts")
                .description("Restarts of a long-lived pipeline after an unexpected error")
                .tag("pipeline", pipeline)
                .register(registry)
                .increment();
    }

    /** Counts an operation that failed because the journal was unavailable, and is retried. */
    void journalFailed(String verb) {
        Counter.builder("sluice.queue.journal.errors")
                .description("Verbs the journal could not carry out just then, tried again")
                .tag("verb", verb)
                .register(registry)
                .increment();
    }

    /** Records the duration of a renewal of leases. */
    void renewed(long nanos) {
        renewals.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Records how long a claimed job waited since it could first have been started. */
    void started(Job job) {
        Instant begun = job.startedAt();
        if (begun != null) {
            Duration waited = Duration.between(job.dueAt(), begun);
            Timer timer = times.get(job.route());
            if (timer != null && !waited.isNegative()) {
                timer.record(waited);
            }
        }
    }

    private void follow(RouteChange change) {
        for (Route route : change.removed()) {
            Objects.requireNonNullElse(gauges.remove(route.id()), List.<Gauge>of())
                    .forEach(registry::remove);
            times.remove(route.id());
        }
        change.added().forEach(route -> gauges.put(route.id(), gauges(route.id())));
        change.added().forEach(route -> times.put(route.id(), time(route.id())));
    }

    private Timer time(String id) {
        return Timer.builder("sluice.queue.time")
                .description("Time from when a job was due until it was started")
                .tag("route", id)
                .register(registry);
    }

    private List<Gauge> gauges(String id) {
        return List.of(
                Gauge.builder(
                                "sluice.queue.depth",
                                journal,
                                source -> of(source, id).depth())
                        .description("Jobs that are not finished and not running, delayed ones included")
                        .tag("route", id)
                        .register(registry),
                Gauge.builder(
                                "sluice.queue.delayed",
                                journal,
                                source -> of(source, id).delayed())
                        .description("Waiting jobs that are not yet due")
                        .tag("route", id)
                        .register(registry),
                Gauge.builder(
                                "sluice.queue.running",
                                journal,
                                source -> of(source, id).running())
                        .description("Jobs that are claimed")
                        .tag("route", id)
                        .register(registry),
                Gauge.builder(
                                "sluice.queue.awaiting",
                                journal,
                                source -> of(source, id).awaiting())
                        .description("Running jobs whose backend has taken the work over")
                        .tag("route", id)
                        .register(registry),
                Gauge.builder("sluice.queue.oldest", journal, source -> age(of(source, id)))
                        .description("Time since the job was accepted whose turn is next; 0 if none is due")
                        .baseUnit("seconds")
                        .tag("route", id)
                        .register(registry));
    }

    private double age(RouteBacklog backlog) {
        return backlog.oldest() == null
                ? 0
                : Math.max(
                        0, Duration.between(backlog.oldest(), clock.instant()).toMillis() / 1000.0);
    }

    private static RouteBacklog of(JobReader journal, String route) {
        return journal.backlog().of(route);
    }
}
