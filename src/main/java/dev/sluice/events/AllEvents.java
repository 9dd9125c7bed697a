package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.TailOverflowException;
import dev.sluice.protection.RouteEvent;
import dev.sluice.protection.RouteEvents;
import dev.sluice.representation.JobJson;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.springframework.context.SmartLifecycle;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Streams the live events of all jobs and routes. Its readers are operators, and few. Each has its own subscription to the journal's
 * tail, whose buffer bounds how far it may lag: when that overflows the reader is disconnected, because there is no history
 * of all jobs from which it could catch up.
 *
 * <p>Every event that this node records is delivered. Events of other nodes that share the journal follow a little later and
 * at most once: one whose node died before it sent the notification is left out.
 */
public final class AllEvents implements SmartLifecycle {

    private final JobReader journal;
    private final RouteEvents routes;
    private final JobJson json;
    private final Supplier<SseFrame> opening;
    private final Duration heartbeat;
    private final int buffer;
    private final EventsMeters meters;
    private final Scheduler scheduler;
    private volatile Sinks.Empty<Void> stopped = Sinks.empty();
    private volatile boolean running;

    /**
     * Creates streams that last until {@link #stop}.
     *
     * @param scheduler encodes the events
     */
    AllEvents(
            JobReader journal,
            RouteEvents routes,
            JobJson json,
            EventsProperties properties,
            EventsMeters meters,
            Scheduler scheduler) {
        this.journal = journal;
        this.routes = routes;
        this.json = json;
        this.opening = properties::opening;
        this.heartbeat = properties.heartbeat();
        this.buffer = properties.buffer();
        this.meters = meters;
        this.scheduler = scheduler;
    }

    /**
     * The frames of a reader: first one that says when to come back, then the events that happen from now on, without ids,
     * and heartbeats. Every event that this node records after the first frame arrived is delivered. Completes when the
     * gateway stops. Errors: {@link SlowReaderException} when the reader lags behind more than the journal's tail and the
     * buffer hold.
     *
     * @param wanted called for every event of a job on a thread of the journal; must be quick, not block and not throw
     * @param wantedOfRoutes the same for events of routes, on any thread
     */
    public Flux<SseFrame> of(Predicate<JobEvent> wanted, Predicate<RouteEvent> wantedOfRoutes) {
        return Flux.merge(live(wanted), ofRoutes(wantedOfRoutes), Mono.fromSupplier(opening), heartbeats())
                .takeUntilOther(Mono.defer(() -> stopped.asMono()))
                .doOnError(SlowReaderException.class, slow -> meters.evicted());
    }

    /** An overflow overtakes what is buffered: a reader that takes nothing would never receive the error. */
    private Flux<SseFrame> live(Predicate<JobEvent> wanted) {
        return journal.tail(wanted)
                .publishOn(scheduler, false, buffer)
                .map(event -> SseFrame.unnumbered(event, json))
                .onErrorMap(TailOverflowException.class, lagging -> new SlowReaderException());
    }

    private Flux<SseFrame> ofRoutes(Predicate<RouteEvent> wanted) {
        return routes.follow()
                .filter(wanted)
                .onBackpressureBuffer(buffer)
                .publishOn(scheduler, false, 1)
                .map(SseFrame::ofRoute)
                .onErrorMap(Exceptions::isOverflow, lagging -> new SlowReaderException());
    }

    private Flux<SseFrame> heartbeats() {
        return Flux.interval(heartbeat, scheduler).onBackpressureDrop().map(beat -> SseFrame.heartbeat());
    }

    @Override
    public void start() {
        stopped = Sinks.empty();
        running = true;
    }

    /** Completes all streams, and later ones at once. */
    @Override
    public void stop() {
        running = false;
        stopped.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Stops among the first, because a web server waits for its responses to end. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
