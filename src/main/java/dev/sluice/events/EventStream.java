package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.Journal;
import dev.sluice.journal.TailOverflowException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/**
 * The events of a job for a reader: history, then live. One subscription to the journal's tail serves all readers of this
 * node; it passes on events of jobs that have readers here and no others.
 *
 * <p>Pipeline {@code events}: subscribes anew, after a pause that doubles up to a second, whenever the tail ends, and at
 * once if it was cut for lagging; then every reader looks into the history for what it may have missed. It ends only by
 * {@link #stop}.
 */
public final class EventStream implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 1000;

    /** How long readers that are sent away are told to wait: a restart should be over by then. */
    private static final Duration COME_BACK = Duration.ofSeconds(10);

    private final Journal journal;
    private final JobJson json;
    private final Scheduler scheduler;
    private final Duration heartbeat;
    private final EventsMeters meters;
    private final Reader.Source source;
    private final ConcurrentHashMap<JobId, Set<Reader>> readers = new ConcurrentHashMap<>();
    private final Disposable.Swap tail = Disposables.swap();
    private final Disposable.Swap beats = Disposables.swap();
    private volatile @Nullable Frame farewell;
    private volatile boolean running;
    private long pause = FIRST_PAUSE_MILLIS;

    /**
     * Makes a stream at rest.
     *
     * @param scheduler one that runs one task at a time: live events are handed to their readers on it
     */
    EventStream(Journal journal, JobJson json, EventsProperties properties, EventsMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.json = json;
        this.scheduler = scheduler;
        this.heartbeat = properties.heartbeat();
        this.meters = meters;
        this.source = new Reader.Source(
                journal, json, Frame.retry(properties.retry()), properties.buffer(), this::millis, this::remove);
        meters.countReaders(() -> readers.values().stream().mapToInt(Set::size).sum());
    }

    /**
     * The frames for a reader that has seen the events up to {@code after}: one that says when to come back, then the
     * events, with heartbeats while there are none. Completes after the final event, so a caller looks first whether the
     * reader has seen that already; and early when {@link #sendAway} was called. Errors: {@link SlowReaderException} when
     * more live events wait for the reader than the buffer holds; those of the journal. Signals on threads of the journal
     * and of this stream, which must not be blocked.
     */
    public Flux<Frame> of(JobId job, long after) {
        return Flux.from(subscriber -> {
            Reader reader = new Reader(job, after, source, Operators.toCoreSubscriber(subscriber));
            readers.compute(job, (id, present) -> {
                Set<Reader> all = present == null ? ConcurrentHashMap.newKeySet(1) : present;
                all.add(reader);
                return all;
            });
            reader.start();
            Frame last = farewell;
            if (last != null) {
                reader.sendAway(last);
            }
        });
    }

    /** Tells all readers, and those who come later, to come back after a while, and ends their streams. */
    public void sendAway() {
        Frame last = Frame.retry(COME_BACK);
        farewell = last;
        all(reader -> reader.sendAway(last));
    }

    @Override
    public void start() {
        running = true;
        farewell = null;
        scheduler.schedule(this::listen);
        long tick = Math.max(1, heartbeat.toMillis() / 16);
        beats.update(scheduler.schedulePeriodically(this::beat, tick, tick, TimeUnit.MILLISECONDS));
    }

    @Override
    public void stop() {
        running = false;
        beats.update(Disposables.disposed());
        tail.update(Disposables.disposed());
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the web server starts, after it stops. */
    @Override
    public int getPhase() {
        return 0;
    }

    /** On the scheduler, so that nothing live is handed out before every reader was told to look back. */
    private void listen() {
        if (!running) {
            return;
        }
        tail.update(journal.tail(event -> readers.containsKey(event.job()))
                .publishOn(scheduler)
                .subscribe(this::tell, this::failed, () -> again(pause)));
        all(Reader::lookBack);
    }

    private void tell(JobEvent event) {
        pause = FIRST_PAUSE_MILLIS;
        Set<Reader> wanting = readers.get(event.job());
        if (wanting != null) {
            Frame frame = Frame.of(event, json);
            wanting.forEach(reader -> reader.tell(frame));
        }
    }

    private void failed(Throwable error) {
        if (error instanceof TailOverflowException) {
            meters.overflowed();
            again(0);
        } else {
            meters.restarted();
            LOG.warn("Listening to the journal ended and begins anew", error);
            again(pause);
        }
    }

    private void again(long millis) {
        if (running) {
            pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
            scheduler.schedule(this::listen, millis, TimeUnit.MILLISECONDS);
        }
    }

    private void beat() {
        long since = millis() - heartbeat.toMillis() + heartbeat.toMillis() / 16;
        all(reader -> reader.beatIfSilentSince(since));
    }

    private void all(Consumer<Reader> action) {
        readers.values().forEach(some -> some.forEach(action));
    }

    private void remove(Reader reader) {
        readers.computeIfPresent(reader.job(), (id, present) -> {
            present.remove(reader);
            return present.isEmpty() ? null : present;
        });
        if (reader.wasCut()) {
            meters.cut();
        }
    }

    private long millis() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
