package dev.sluice.dispatch;

import dev.sluice.job.JobState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** The meters of one route's attempts; all meters of this package are declared here. */
final class DispatchMeters {

    private final MeterRegistry registry;
    private final Map<JobState, Counter> finished = new EnumMap<>(JobState.class);
    private final Counter retried;
    private final Counter errors;
    private final Counter stale;
    private final Timer attempts;

    DispatchMeters(MeterRegistry registry, String route) {
        this.registry = registry;
        for (JobState state : JobState.values()) {
            if (state.finished()) {
                finished.put(
                        state,
                        Counter.builder("sluice.jobs.finished")
                                .description("Jobs that ended, by their final state")
                                .tag("route", route)
                                .tag("state", state.text())
                                .register(registry));
            }
        }
        retried = Counter.builder("sluice.jobs.retried")
                .description("Attempts that failed and are repeated")
                .tag("route", route)
                .register(registry);
        attempts = Timer.builder("sluice.attempts")
                .description("Calls of the backend, until their outcome was known")
                .tag("route", route)
                .register(registry);
        errors = Counter.builder("sluice.dispatch.errors")
                .description("Attempts that failed by a mistake of the gateway; the job was requeued or failed")
                .tag("route", route)
                .register(registry);
        stale = Counter.builder("sluice.dispatch.stale")
                .description("Attempts whose outcome was dropped because the claim no longer held")
                .tag("route", route)
                .register(registry);
    }

    /** Monotonic time in nanoseconds. */
    long now() {
        return registry.config().clock().monotonicTime();
    }

    void attempted(Duration time) {
        attempts.record(time);
    }

    void finished(JobState state) {
        Counter counter = finished.get(state);
        if (counter != null) {
            counter.increment();
        }
    }

    void retried() {
        retried.increment();
    }

    void failedUnexpectedly() {
        errors.increment();
    }

    void stale() {
        stale.increment();
    }
}
