package dev.sluice.events;

import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.representation.JobJson;
import dev.sluice.waiting.WaitingBytes;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/** Streams the events of a job to a reader: first the history, then live events, with heartbeats in silence. */
public final class EventStream implements SmartLifecycle {

    private static final int CONCURRENT_HISTORIES = 4;

    private final JobEventMulticaster multicaster;
    private final JobJson json;
    private final EventsMeters meters;
    private final JobReader journal;
    private final int buffer;
    private final FrameSubscription.Source source;
    private final Heartbeats heartbeats;
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
        this.journal = journal;
        this.multicaster = multicaster;
        this.json = json;
        this.buffer = properties.buffer();
        this.meters = meters;
        this.heartbeats = new Heartbeats(properties.heartbeat(), scheduler, this::beat);
        this.source = new FrameSubscription.Source(
                new AsyncSemaphore(CONCURRENT_HISTORIES),
                properties::opening,
                EventsProperties::farewell,
                waiting,
                heartbeats::millis,
                this::remove);
    }

    /**
     * The frames for a reader that has seen the events up to {@code after}: one that says when to come back, then the
     * events, with heartbeats in silence. Completes after the final event, also if the reader has seen that already; and
     * early when {@link #disconnectAll} was called, the journal cannot be read or the job was erased meanwhile. Errors:
     * {@link SlowReaderException} when the reader lags behind more live events than the buffer holds, or takes nothing while
     * memory is short. Signals on threads of the journal, of this stream and of the loop, which must not be blocked.
     *
     * @param after at most the number of the job's last event
     * @param prefix the path prefix under which this reader sees the gateway; empty for none
     * @param loop runs one task after the other, and where live events are signalled; the same object for all readers that it serves
     */
    public Flux<SseFrame> of(JobId job, long after, String prefix, Executor loop) {
        return frames(job, after, prefix, loop);
    }

    /** As the other one, with live events on the thread of this stream. */
    Flux<SseFrame> of(JobId job, long after, String prefix) {
        return frames(job, after, prefix, null);
    }

    private Flux<SseFrame> frames(JobId job, long after, String prefix, @Nullable Executor loop) {
        return Flux.from(subscriber -> {
            EventStreamSubscription reader = new EventStreamSubscription(
                    job,
                    after,
                    journal,
                    json.behind(prefix),
                    buffer,
                    loop,
                    source,
                    Operators.toCoreSubscriber(subscriber));
            meters.readerCame();
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
        heartbeats.start();
    }

    @Override
    public void stop() {
        running = false;
        heartbeats.stop();
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

    private void beat(long since) {
        multicaster.forEach(listener -> {
            if (listener instanceof FrameSubscription reader) {
                reader.beatIfSilentSince(since);
            }
        });
    }

    private void remove(FrameSubscription ended) {
        if (ended instanceof EventStreamSubscription reader) {
            multicaster.remove(reader);
        }
        meters.readerLeft(ended.wasEvicted());
    }
}
