package dev.sluice.reload;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;

/** The meters of reloading the routes. */
final class ReloadMeters {

    private final MeterRegistry registry;
    private volatile double last;

    ReloadMeters(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("sluice.routes.reloads.last", () -> last)
                .description(
                        "When the routes were last read again without being refused, in seconds since 1970; 0 if never")
                .baseUnit("seconds")
                .register(registry);
        for (String outcome : new String[] {"changed", "unchanged", "refused"}) {
            counter(outcome);
        }
    }

    void read(boolean changed, Instant now) {
        last = now.toEpochMilli() / 1000.0;
        counter(changed ? "changed" : "unchanged").increment();
    }

    void refused() {
        counter("refused").increment();
    }

    private Counter counter(String outcome) {
        return Counter.builder("sluice.routes.reloads")
                .description("Readings of the routes while the gateway runs")
                .tag("outcome", outcome)
                .register(registry);
    }
}
