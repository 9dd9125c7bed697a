package dev.sluice.dispatch;

import dev.sluice.queue.Claimer;
import dev.sluice.queue.LeaseKeeper;
import dev.sluice.queue.Resumer;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;

/**
 * Starts and stops the dispatching. It stops after the ingress has begun to refuse new work and before the web server stops, so
 * that results and events are still served: claiming ends, running attempts may finish within the grace, and the rest is
 * requeued without counting as a try.
 */
final class DispatchLifecycle implements SmartLifecycle {

    /** Time beyond the grace to requeue aborted jobs and to wait for a claim in progress. */
    static final Duration AFTERWARDS = Duration.ofSeconds(3);

    static final int PHASE = Integer.MAX_VALUE - 1;

    private static final Logger LOG = LoggerFactory.getLogger(DispatchLifecycle.class);

    private final Claimer claimer;
    private final LeaseKeeper keeper;
    private final Resumer resumer;
    private final Dispatcher dispatcher;
    private final Duration grace;
    private volatile boolean running;

    DispatchLifecycle(Claimer claimer, LeaseKeeper keeper, Resumer resumer, Dispatcher dispatcher, Duration grace) {
        this.claimer = claimer;
        this.keeper = keeper;
        this.resumer = resumer;
        this.dispatcher = dispatcher;
        this.grace = grace;
    }

    @Override
    public void start() {
        running = true;
        keeper.start(dispatcher);
        claimer.start();
        dispatcher.start();
        resumer.start(dispatcher::check);
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public void stop(Runnable callback) {
        Mono.when(claimer.stop(), dispatcher.stop(grace, resumer.stop().cache()))
                .timeout(grace.plus(AFTERWARDS))
                .doFinally(signal -> {
                    keeper.stop();
                    running = false;
                    callback.run();
                })
                .subscribe(
                        nothing -> {},
                        error -> LOG.warn("Stopped with work left, whose leases will run out", error),
                        () -> LOG.info("No attempt is running any more"));
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
