package dev.sluice.events;

import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.representation.JobJson;
import dev.sluice.waiting.WaitingBytes;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/** Streams the events of a job to a reader: first the history, then live events, with heartbeats in silence. */
public final class EventStream implements SmartLifecycle {

    private static final int CONCURRENT_HISTORIES = 4;

    private final JobEventMulticaster multicaster;
    private final JobJson json;
    private final Scheduler scheduler;
    private final Duration heartbeat;
    private final EventsMeters meters;
    private final EventStreamSubscription.Source source;
    private final AtomicInteger readers = new AtomicInteger();
    private final Disposable.Swap beats = Disposables.swap();
    private volatile boolean running;

    /**
     * Creates a stream that is not started.
     *
     * @param scheduler the one on which the multicaster delivers
     */
    EventStream(
            JobReader journal,
            JobEventMulticaster multicaster,
            JobJson json,
            EventsProperties properties,
            WaitingBytes waiting,
            EventsMeters meters,
            Scheduler scheduler) {
        this.multicaster = multicaster;
        this.json = json;
        this.scheduler = scheduler;
        this.heartbeat = properties.heartbeat();
        this.meters = meters;
        this.source = new EventStreamSubscription.Source(
                journal,
                new AsyncSemaphore(CONCURRENT_HISTORIES),
                properties::opening,
                EventsProperties::farewell,
                properties.buffer(),
                waiting,
                this::millis,
                this::remove);
        meters.countReaders(readers::get);
    }

    /**
     * The frames for a reader that has seen the events up to {@code after}: one that says when to come back, then the
     * events, with heartbeats in silence. Completes after the final event, also if the reader has seen that already; and
     * early when {@link #disconnectAll} was called, the journal cannot be read or the job was erased meanwhile. Errors:
     * {@link SlowReaderException} when the reader lags behind more live events than the buffer holds, or takes nothing while
     * memory is short. Signals on threads of the journal and of this stream, which must not be blocked.
     *
     * @param after at most the number of the job's last event
     * @param prefix the path prefix under which this reader sees the gateway; empty for none
     */
    public Flux<SseFrame> of(JobId job, long after, String prefix) {
        return Flux.from(subscriber -> {
            EventStreamSubscription reader = new EventStreamSubscription(
                    job, after, json.behind(prefix), source, Operators.toCoreSubscriber(subscriber));
            readers.incrementAndGet();
            multicaster.add(reader);
            if (multicaster.isDisconnecting()) {
                reader.disconnect();
            }
            reader.start();
        });
    }

    /** The frames for a reader that cannot be served now: when to come back, and nothing else. */
    public Flux<SseFrame> later() {
        return Flux.defer(() -> Flux.just(EventsProperties.farewell()));
    }

    /** Ends the streams of all readers, and of those that come later, and tells them when to come back. */
    public void disconnectAll() {
        multicaster.disconnectAll();
    }

    @Override
    public void start() {
        running = true;
        long tick = Math.max(1, heartbeat.toMillis() / 16);
        beats.update(scheduler.schedulePeriodically(this::beat, tick, tick, TimeUnit.MILLISECONDS));
    }

    @Override
    public void stop() {
        running = false;
        beats.update(Disposables.disposed());
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** As that of the multicaster. */
    @Override
    public int getPhase() {
        return multicaster.getPhase();
    }

    private void beat() {
        long since = millis() - heartbeat.toMillis() + heartbeat.toMillis() / 16;
        multicaster.forEach(listener -> {
            if (listener instanceof EventStreamSubscription reader) {
                reader.beatIfSilentSince(since);
            }
        });
    }

    private void remove(EventStreamSubscription reader) {
        multicaster.remove(reader);
        readers.decrementAndGet();
        if (reader.wasEvicted()) {
            meters.evicted();
        }
    }

    private long millis() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
