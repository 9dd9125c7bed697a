package dev.sluice.dispatch;

import dev.sluice.job.JobState;
import dev.sluice.protection.EndedCall;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** The meters of one route's attempts; all meters of this package are declared here. */
final class DispatchMeters {

    private final MeterRegistry registry;
    private final Map<JobState, Counter> finished = new EnumMap<>(JobState.class);
    private final Counter retried;
    private final Counter errors;
    private final Counter stale;
    private final Map<EndedCall.End, Timer> attempts = new EnumMap<>(EndedCall.End.class);

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
        for (EndedCall.End end : EndedCall.End.values()) {
            attempts.put(
                    end,
                    Timer.builder("sluice.attempts")
                            .description("Calls of the backend for jobs, by how they ended")
                            .tag("route", route)
                            .tag("outcome", end.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
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

    void attempted(EndedCall.End end, Duration time) {
        Timer timer = attempts.get(end);
        if (timer != null) {
            timer.record(time);
        }
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
