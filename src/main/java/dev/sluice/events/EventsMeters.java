package dev.sluice.events;

import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** All meters of the event streams. */
final class EventsMeters {

    private final MeterRegistry registry;
    private final Counter evicted;
    private final Counter overflows;
    private final Counter restarts;
    private final Counter groupRestarts;
    private final AtomicInteger readers = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();

    EventsMeters(MeterRegistry registry) {
        this.registry = registry;
        evicted = Counter.builder("sluice.events.slow.readers")
                .description("Readers cut because they lagged behind more than their buffer holds")
                .register(registry);
        overflows = Counter.builder("sluice.events.tail.overflows")
                .description("Times this node lagged behind the journal's live events and read the history instead")
                .register(registry);
        restarts = registry.counter("sluice.pipeline.restarts", "pipeline", "events");
        groupRestarts = registry.counter("sluice.pipeline.restarts", "pipeline", "group-events");
        Gauge.builder("sluice.events.readers", readers::get)
                .description("Readers of event streams that are connected")
                .register(registry);
        Gauge.builder("sluice.events.waiting", waiting::get)
                .description("Requests that wait for a job or group to change or to end")
                .register(registry);
    }

    void readerCame() {
        readers.incrementAndGet();
    }

    void readerLeft(boolean wasEvicted) {
        readers.decrementAndGet();
        if (wasEvicted) {
            evicted();
        }
    }

    void waiterCame() {
        waiting.incrementAndGet();
    }

    void waiterLeft() {
        waiting.decrementAndGet();
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

    void groupRestarted() {
        groupRestarts.increment();
    }
}
