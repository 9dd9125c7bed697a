package dev.sluice.queue;

import dev.sluice.journal.Backlog.RouteBacklog;
import dev.sluice.journal.JobReader;
import dev.sluice.route.Route;
import dev.sluice.route.RouteTable;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;

/** The meters of the queue, all of them; and the one with which every long-lived pipeline counts its restarts. */
public final class QueueMeters {

    private final MeterRegistry registry;
    private final JobReader journal;
    private final Clock clock;

    QueueMeters(MeterRegistry registry, JobReader journal, RouteTable routes, Clock clock) {
        this.registry = registry;
        this.journal = journal;
        this.clock = clock;
        routes.all().forEach(this::gauges);
    }

    /** Counts a restart of a pipeline after an error that nobody expected. */
    public void restarted(String pipeline) {
        Counter.builder("sluice.pipeline.restarts")
                .description("Restarts of a long-lived pipeline after an unexpected error")
                .tag("pipeline", pipeline)
                .register(registry)
                .increment();
    }

    /** Counts a verb that the journal could not carry out just then and that is tried again. */
    void journalFailed(String verb) {
        Counter.builder("sluice.queue.journal.errors")
                .description("Verbs the journal could not carry out just then, tried again")
                .tag("verb", verb)
                .register(registry)
                .increment();
    }

    private void gauges(Route route) {
        String id = route.id();
        Gauge.builder("sluice.queue.depth", journal, source -> of(source, id).depth())
                .description("Jobs that are not finished and not running, delayed ones included")
                .tag("route", id)
                .register(registry);
        Gauge.builder("sluice.queue.delayed", journal, source -> of(source, id).delayed())
                .description("Waiting jobs that are not yet due")
                .tag("route", id)
                .register(registry);
        Gauge.builder("sluice.queue.running", journal, source -> of(source, id).running())
                .description("Jobs that are claimed")
                .tag("route", id)
                .register(registry);
        Gauge.builder("sluice.queue.oldest", journal, source -> age(of(source, id)))
                .description("Time since the job was accepted whose turn is next; 0 if none is due")
                .baseUnit("seconds")
                .tag("route", id)
                .register(registry);
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
