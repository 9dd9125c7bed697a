package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.TailOverflowException;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The live events of all jobs. Readers of these are operators, few, and each has a tail of its own, which is what bounds
 * how far it may lag: when that overflows the reader is cut, because there is no history of all jobs to look into.
 *
 * <p>Of the jobs' events all that this node records are told. Those of other nodes that share the journal are told as word of
 * them comes, a little later, and without a promise: one that a node died over before it told is left out.
 */
public final class AllEvents implements SmartLifecycle {

    private final JobReader journal;
    private final JobJson json;
    private final Supplier<Frame> opening;
    private final Duration heartbeat;
    private final int buffer;
    private final EventsMeters meters;
    private final Scheduler scheduler;
    private volatile Sinks.Empty<Void> away = Sinks.empty();
    private volatile boolean running;

    /**
     * Makes streams that last until {@link #stop}.
     *
     * @param scheduler on which events become frames
     */
    AllEvents(JobReader journal, JobJson json, EventsProperties properties, EventsMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.json = json;
        this.opening = properties::opening;
        this.heartbeat = properties.heartbeat();
        this.buffer = properties.buffer();
        this.meters = meters;
        this.scheduler = scheduler;
    }

    /**
     * Frames of the events that happen from the subscription on, without ids, one at the begin that says when to come back,
     * and heartbeats. Whatever this node records after the first frame came is told. Completes when the gateway stops. Errors:
     * {@link SlowReaderException} when the reader lags behind more than the journal's tail and the buffer hold.
     *
     * @param wanted called for every event on a thread of the journal: quick, never blocking, never throwing
     */
    public Flux<Frame> of(Predicate<JobEvent> wanted) {
        return Flux.merge(live(wanted), Mono.fromSupplier(opening), beats())
                .takeUntilOther(Mono.defer(() -> away.asMono()))
                .doOnError(SlowReaderException.class, slow -> meters.cut());
    }

    /** An overflow is passed on at once, ahead of what waits: a reader that takes nothing would never hear of it. */
    private Flux<Frame> live(Predicate<JobEvent> wanted) {
        return journal.tail(wanted)
                .publishOn(scheduler, false, buffer)
                .map(event -> Frame.unnumbered(event, json))
                .onErrorMap(TailOverflowException.class, lagging -> new SlowReaderException());
    }

    private Flux<Frame> beats() {
        return Flux.interval(heartbeat, scheduler).onBackpressureDrop().map(beat -> Frame.heartbeat());
    }

    @Override
    public void start() {
        away = Sinks.empty();
        running = true;
    }

    /** Ends all streams, and at once those that come later. */
    @Override
    public void stop() {
        running = false;
        away.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Among the first that stop, because a web server waits for its answers to end. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
