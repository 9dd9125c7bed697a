package dev.sluice.protection;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Publishes the events of routes on this node. For any thread; never waits for a subscriber. */
public final class RouteEvents {

    private final Sinks.Many<RouteEvent> sink = Sinks.many().multicast().directBestEffort();

    /** Emits an event to all subscribers. */
    public synchronized void publish(RouteEvent event) {
        // Without a subscriber it is told to nobody; one without demand misses it.
        if (sink.tryEmitNext(event) == Sinks.EmitResult.FAIL_TERMINATED) {
            throw new IllegalStateException("events of routes never end");
        }
    }

    /** The events from the subscription on. A subscriber without demand misses those that happen meanwhile. */
    public Flux<RouteEvent> follow() {
        return sink.asFlux();
    }
}
