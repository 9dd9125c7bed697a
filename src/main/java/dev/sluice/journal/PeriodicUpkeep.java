package dev.sluice.journal;

import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A task that is repeated as long as the node runs. One that fails is logged, counted and tried again the next time; while one takes
 * longer than the pause, the next is skipped.
 */
abstract class PeriodicUpkeep implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(PeriodicUpkeep.class);

    private final String name;
    private final Duration first;
    private final Duration pause;
    private final Scheduler scheduler;
    private final Counter failures;
    private volatile Disposable running = () -> {};
    private volatile boolean started;

    /**
     * Creates a task that is not started.
     *
     * @param name what it does, as logged
     * @param first when it is run first, counted from the start
     * @param pause the time from the beginning of one run to that of the next
     * @param failures counts the runs that fail
     */
    PeriodicUpkeep(String name, Duration first, Duration pause, Scheduler scheduler, Counter failures) {
        this.name = name;
        this.first = first;
        this.pause = pause;
        this.scheduler = scheduler;
        this.failures = failures;
    }

    /** Runs the task once; executed on subscription. */
    abstract Mono<Void> run();

    @Override
    public void start() {
        started = true;
        running = Flux.interval(first, pause, scheduler)
                .onBackpressureDrop()
                .concatMap(tick -> once(), 1)
                .subscribe();
    }

    @Override
    public void stop() {
        started = false;
        running.dispose();
    }

    @Override
    public boolean isRunning() {
        return started;
    }

    private Mono<Void> once() {
        return Mono.defer(this::run).onErrorResume(error -> {
            log.warn("{} failed and will be tried again: {}", name, error.getMessage());
            failures.increment();
            return Mono.empty();
        });
    }
}
