package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.TailOverflowException;
import dev.sluice.representation.JobJson;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Scheduler;

/**
 * Delivers live events to the listeners of this node. One subscription to the journal's tail serves all of them; it carries
 * the events of jobs that have a listener here, whichever node records them, and no others.
 *
 * <p>Pipeline {@code events}: when the tail ends it is subscribed to again, at once if it was cut for lagging, else after a
 * pause that doubles up to a second; then every listener is told to catch up. It ends only by {@link #stop}.
 */
final class JobEventMulticaster implements SmartLifecycle, Interest {

    private static final Logger LOG = LoggerFactory.getLogger(JobEventMulticaster.class);

    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 1000;
    private static final int HANDED_OVER = 256;

    private final JobReader journal;
    private final EventsMeters meters;
    private final Scheduler scheduler;
    private final EventHandOver handOver;
    private final Executor own;
    private final ConcurrentHashMap<JobId, LoopListeners[]> listeners = new ConcurrentHashMap<>();
    private final Disposable.Swap tail = Disposables.swap();
    private volatile boolean disconnecting;
    private volatile boolean running;
    private volatile long pause = FIRST_PAUSE_MILLIS;

    /**
     * Creates a multicaster without listeners.
     *
     * @param scheduler delivers the events to listeners without an executor of their own; must run one task at a time
     */
    JobEventMulticaster(JobReader journal, JobJson json, EventsMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.meters = meters;
        this.scheduler = scheduler;
        this.handOver = new EventHandOver(json);
        this.own = scheduler::schedule;
    }

    /** Delivers events to the listener from now on; earlier ones are in the journal. */
    void add(JobListener listener) {
        Executor its = listener.executor();
        Executor executor = its == null ? own : its;
        listeners.compute(listener.job(), (id, present) -> LoopListeners.with(present, executor, listener));
    }

    void remove(JobListener listener) {
        listeners.computeIfPresent(listener.job(), (id, present) -> LoopListeners.without(present, listener));
    }

    void forEach(Consumer<JobListener> action) {
        listeners.values().forEach(ofJob -> LoopListeners.forEach(ofJob, action));
    }

    /** Disconnects all listeners. One that is added later asks {@link #isDisconnecting}. */
    void disconnectAll() {
        disconnecting = true;
        forEach(JobListener::disconnect);
    }

    boolean isDisconnecting() {
        return disconnecting;
    }

    @Override
    public boolean wants(JobEvent event) {
        return follows(event.job());
    }

    @Override
    public boolean follows(JobId id) {
        return listeners.containsKey(id);
    }

    /** For each job the lowest number that one of its listeners knows, without those that catch up by themselves. */
    @Override
    public Map<JobId, Long> followed() {
        Map<JobId, Long> known = new HashMap<>();
        forEach(listener -> {
            long seq = listener.knownSeq();
            if (seq != JobListener.CATCHING_UP) {
                known.merge(listener.job(), seq, Math::min);
            }
        });
        return known;
    }

    @Override
    public void start() {
        running = true;
        disconnecting = false;
        scheduler.schedule(this::subscribe);
    }

    @Override
    public void stop() {
        running = false;
        tail.update(Disposables.disposed());
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Starts before the web server and stops after it. */
    @Override
    public int getPhase() {
        return 0;
    }

    /**
     * Runs on the scheduler, so that no live event is delivered there before every listener was told to catch up. One with an executor
     * of its own may have such events first.
     */
    private void subscribe() {
        if (!running) {
            return;
        }
        Delivery next = new Delivery();
        tail.update(next);
        journal.tail(this).subscribe(next);
        forEach(JobListener::catchUp);
    }

    private void onError(Throwable error) {
        if (error instanceof TailOverflowException) {
            meters.overflowed();
            subscribeAfter(0);
        } else {
            meters.restarted();
            LOG.warn("The subscription to the journal's events failed and is renewed", error);
            subscribeAfter(pause);
        }
    }

    private void subscribeAfter(long millis) {
        if (running) {
            pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
            scheduler.schedule(this::subscribe, millis, TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Hands events over to the listeners, on the thread of the journal's tail. So many events are under way at most, whoever is slow;
     * what happens meanwhile waits in the tail, which is bounded.
     */
    private final class Delivery extends BaseSubscriber<JobEvent> {

        private final AtomicInteger delivered = new AtomicInteger();

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            subscription.request(HANDED_OVER);
        }

        @Override
        protected void hookOnNext(JobEvent event) {
            pause = FIRST_PAUSE_MILLIS;
            LoopListeners[] ofJob = listeners.get(event.job());
            if (ofJob == null) {
                isDelivered();
            } else {
                handOver.handOver(event, ofJob, this::isDelivered);
            }
        }

        /** In lumps, because each request wakes the thread of the tail. */
        private void isDelivered() {
            if (delivered.incrementAndGet() % (HANDED_OVER / 2) == 0) {
                request(HANDED_OVER / 2);
            }
        }

        @Override
        protected void hookOnComplete() {
            subscribeAfter(pause);
        }

        @Override
        protected void hookOnError(Throwable error) {
            JobEventMulticaster.this.onError(error);
        }
    }
}
