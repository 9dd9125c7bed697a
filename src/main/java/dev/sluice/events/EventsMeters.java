package dev.sluice.events;

import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/** All meters of the event streams. */
final class EventsMeters {

    private final MeterRegistry registry;
    private final Counter evicted;
    private final Counter overflows;
    private final Counter restarts;

    EventsMeters(MeterRegistry registry) {
        this.registry = registry;
        evicted = Counter.builder("sluice.events.slow.readers")
                .description("Readers cut because they lagged behind more than their buffer holds")
                .register(registry);
        overflows = Counter.builder("sluice.events.tail.overflows")
                .description("Times this node lagged behind the journal's live events and read the history instead")
                .register(registry);
        restarts = registry.counter("sluice.pipeline.restarts", "pipeline", "events");
    }

    void countReaders(Supplier<Number> readers) {
        Gauge.builder("sluice.events.readers", readers)
                .description("Readers of event streams that are connected")
                .register(registry);
    }

    void countWaiting(Supplier<Number> waiting) {
        Gauge.builder("sluice.events.waiting", waiting)
                .description("Requests that wait for a job to change or to end")
                .register(registry);
    }

    void countBytes(WaitingBytes waiting) {
        Gauge.builder("sluice.waiting.bytes", waiting::held)
                .description("Bytes that wait for clients to take them")
                .register(registry);
        Gauge.builder("sluice.calls.bytes", waiting::ofCalls)
                .description("Bytes of bodies on their way from and to backends")
                .register(registry);
        FunctionCounter.builder("sluice.waiting.evicted", waiting, WaitingBytes::evicted)
                .description("Clients cut because they took nothing while too much waited for all of them")
                .register(registry);
    }

    void evicted() {
        evicted.increment();
    }

    void overflowed() {
        overflows.increment();
    }

    void restarted() {
        restarts.increment();
    }
}
