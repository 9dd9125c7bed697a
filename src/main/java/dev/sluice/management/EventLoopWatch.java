package dev.sluice.management;

import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Probes every event loop periodically and publishes the outcome as the liveness of the process. The connections of an event
 * loop that has ended or hangs are never answered, while the other loops make the gateway look healthy.
 */
final class EventLoopWatch implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(EventLoopWatch.class);

    private static final Duration PERIOD = Duration.ofSeconds(5);

    /** Probes without an answer, after which a loop counts as dead. Not a time: a suspended process sends no probes. */
    static final int UNANSWERED = 6;

    private final Supplier<Iterable<EventExecutor>> loops;
    private final Consumer<LivenessState> liveness;
    private final Scheduler scheduler;
    private final Map<EventExecutor, AtomicInteger> unanswered = new LinkedHashMap<>();
    private final Disposable.Swap timer = Disposables.swap();
    private LivenessState told = LivenessState.CORRECT;
    private volatile boolean running;

    /**
     * Creates a watch that is not started.
     *
     * @param liveness receives each change
     * @param scheduler runs the probes; must not be one of the loops
     */
    EventLoopWatch(Supplier<Iterable<EventExecutor>> loops, Consumer<LivenessState> liveness, Scheduler scheduler) {
        this.loops = loops;
        this.liveness = liveness;
        this.scheduler = scheduler;
    }

    @Override
    public void start() {
        running = true;
        timer.update(scheduler.schedulePeriodically(
                this::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS));
    }

    @Override
    public void stop() {
        running = false;
        timer.update(Disposables.disposed());
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Stops before the loops do. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }

    /** Probes all loops; called by one thread at a time. */
    void look() {
        int dead = 0;
        for (EventExecutor loop : loops.get()) {
            if (!works(loop)) {
                dead++;
            }
        }
        LivenessState now = dead == 0 ? LivenessState.CORRECT : LivenessState.BROKEN;
        if (now == told) {
            return;
        }
        told = now;
        if (dead > 0) {
            LOG.error("{} event loops have ended or do nothing any more: this process should be restarted", dead);
        } else {
            LOG.info("All event loops work again");
        }
        liveness.accept(now);
    }

    private boolean works(EventExecutor loop) {
        AtomicInteger questions = unanswered.computeIfAbsent(loop, first -> new AtomicInteger());
        int open = questions.getAndIncrement();
        if (loop.isShuttingDown()) {
            return false;
        } else if (open > 0) {
            return open < UNANSWERED; // one probe in the queue is enough
        }
        try {
            loop.execute(() -> questions.set(0));
            return true;
        } catch (RejectedExecutionException ended) {
            return false;
        }
    }
}
