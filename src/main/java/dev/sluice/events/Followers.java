package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.TailOverflowException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * All who follow jobs on this node, and the one subscription to the journal's tail that serves them; it passes on events of
 * jobs that are followed here and no others, whichever node they happen on.
 *
 * <p>Pipeline {@code events}: subscribes anew, after a pause that doubles up to a second, whenever the tail ends, and at
 * once if it was cut for lagging; then every follower is told to look back. It ends only by {@link #stop}.
 */
final class Followers implements SmartLifecycle, Interest {

    private static final Logger LOG = LoggerFactory.getLogger(Followers.class);

    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 1000;

    private final JobReader journal;
    private final JobJson json;
    private final EventsMeters meters;
    private final Scheduler scheduler;
    private final ConcurrentHashMap<JobId, Set<Follower>> byJob = new ConcurrentHashMap<>();
    private final Disposable.Swap tail = Disposables.swap();
    private volatile boolean leaving;
    private volatile boolean running;
    private long pause = FIRST_PAUSE_MILLIS;

    /**
     * Begins without any.
     *
     * @param scheduler one that runs one task at a time: events are told on it
     */
    Followers(JobReader journal, JobJson json, EventsMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.json = json;
        this.meters = meters;
        this.scheduler = scheduler;
    }

    /** From now on it is told; what was recorded before is in the journal. */
    void add(Follower follower) {
        byJob.compute(follower.job(), (id, present) -> {
            Set<Follower> all = present == null ? ConcurrentHashMap.newKeySet(1) : present;
            all.add(follower);
            return all;
        });
    }

    void remove(Follower follower) {
        byJob.computeIfPresent(follower.job(), (id, present) -> {
            present.remove(follower);
            return present.isEmpty() ? null : present;
        });
    }

    void each(Consumer<Follower> action) {
        byJob.values().forEach(some -> some.forEach(action));
    }

    /** Sends all away, and those who come later and ask. */
    void sendAway() {
        leaving = true;
        each(Follower::sendAway);
    }

    /** Whether followers that come now are to be sent away. */
    boolean leaving() {
        return leaving;
    }

    @Override
    public boolean wants(JobEvent event) {
        return follows(event.job());
    }

    @Override
    public boolean follows(JobId id) {
        return byJob.containsKey(id);
    }

    /** Of each job what the one of its followers knows who knows least; those that look by themselves are left out. */
    @Override
    public Map<JobId, Long> followed() {
        Map<JobId, Long> known = new HashMap<>();
        each(follower -> {
            long number = follower.known();
            if (number != Follower.LOOKING) {
                known.merge(follower.job(), number, Math::min);
            }
        });
        return known;
    }

    @Override
    public void start() {
        running = true;
        leaving = false;
        scheduler.schedule(this::listen);
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

    /** Before the web server starts, after it stops. */
    @Override
    public int getPhase() {
        return 0;
    }

    /** On the scheduler, so that nothing live is told before every follower was told to look back. */
    private void listen() {
        if (!running) {
            return;
        }
        tail.update(journal.tail(this).publishOn(scheduler).subscribe(this::tell, this::failed, () -> again(pause)));
        each(Follower::lookBack);
    }

    private void tell(JobEvent event) {
        pause = FIRST_PAUSE_MILLIS;
        Set<Follower> wanting = byJob.get(event.job());
        if (wanting != null) {
            Frame frame = Frame.of(event, json);
            wanting.forEach(follower -> follower.tell(event, frame));
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
}
