package dev.sluice.events;

import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
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

/** The events of a job for a reader: history, then live, with heartbeats while there are none. */
public final class EventStream implements SmartLifecycle {

    private static final int HISTORIES_AT_ONCE = 4;

    private final Followers followers;
    private final JobJson json;
    private final Scheduler scheduler;
    private final Duration heartbeat;
    private final EventsMeters meters;
    private final Reader.Source source;
    private final AtomicInteger readers = new AtomicInteger();
    private final Disposable.Swap beats = Disposables.swap();
    private volatile boolean running;

    /**
     * Makes a stream at rest.
     *
     * @param scheduler that of the followers
     */
    EventStream(
            JobReader journal,
            Followers followers,
            JobJson json,
            EventsProperties properties,
            WaitingBytes waiting,
            EventsMeters meters,
            Scheduler scheduler) {
        this.followers = followers;
        this.json = json;
        this.scheduler = scheduler;
        this.heartbeat = properties.heartbeat();
        this.meters = meters;
        this.source = new Reader.Source(
                journal,
                new Turns(HISTORIES_AT_ONCE),
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
     * events, with heartbeats while there are none. Completes after the final event, so a caller looks first whether the
     * reader has seen that already; and early when {@link #sendAway} was called, the journal cannot be read or the job was erased meanwhile. Errors:
     * {@link SlowReaderException} when the reader lags behind more live events than the buffer says, or takes nothing while
     * memory is short. Signals on threads of the journal
     * and of this stream, which must not be blocked.
     *
     * @param after at most the number of the job's last event
     * @param prefix what stands before the gateway's own paths where this reader sees them; empty for nothing
     */
    public Flux<Frame> of(JobId job, long after, String prefix) {
        return Flux.from(subscriber -> {
            Reader reader = new Reader(job, after, json.behind(prefix), source, Operators.toCoreSubscriber(subscriber));
            readers.incrementAndGet();
            followers.add(reader);
            if (followers.leaving()) {
                reader.sendAway();
            }
            reader.start();
        });
    }

    /** All there is for a reader of which nothing can be said now: when to come back. */
    public Flux<Frame> later() {
        return Flux.defer(() -> Flux.just(EventsProperties.farewell()));
    }

    /** Tells all who follow a job, and those who come later, to come back after a while, and ends their streams. */
    public void sendAway() {
        followers.sendAway();
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

    /** As that of the followers. */
    @Override
    public int getPhase() {
        return followers.getPhase();
    }

    private void beat() {
        long since = millis() - heartbeat.toMillis() + heartbeat.toMillis() / 16;
        followers.each(follower -> {
            if (follower instanceof Reader reader) {
                reader.beatIfSilentSince(since);
            }
        });
    }

    private void remove(Reader reader) {
        followers.remove(reader);
        readers.decrementAndGet();
        if (reader.wasCut()) {
            meters.cut();
        }
    }

    private long millis() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
