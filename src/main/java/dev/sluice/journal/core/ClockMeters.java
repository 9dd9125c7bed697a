package dev.sluice.journal.core;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** The meter of a {@link JournalClock}. */
public final class ClockMeters {

    private ClockMeters() {}

    /** Registers a gauge of the difference between the machine's clock and the time that is used. */
    public static void show(JournalClock clock, MeterRegistry registry) {
        Gauge.builder(
                        "sluice.journal.clock.ahead",
                        clock,
                        source -> source.wallAhead().toMillis() / 1000.0)
                .description("By how much the machine's clock is ahead of the gateway's time")
                .baseUnit("seconds")
                .register(registry);
    }
}
