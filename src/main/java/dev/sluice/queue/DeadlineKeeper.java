package dev.sluice.queue;

import dev.sluice.journal.Journal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Lets the journal fail jobs whose deadline has passed: when the next known deadline comes, and once a second while there may be
 * unfinished jobs. Runs until the grace of running attempts has passed, so that deadlines are kept during shutdown.
 *
 * <p>Pipeline {@code deadline-keeper}: while the journal is unavailable the check is retried, after 50 ms at first, backing off to
 * once a second; any other error is counted as a restart and handled alike. It ends only by {@link #stop}.
 */
public final class DeadlineKeeper implements SmartLifecycle {

    /** One below the dispatching, so that it stops afterwards. */
    private static final int PHASE = Integer.MAX_VALUE - 2;

    private static final Logger LOG = LoggerFactory.getLogger(DeadlineKeeper.class);

    private static final Duration SAFETY_NET = Duration.ofSeconds(1);
    private static final long FIRST_WAIT_MILLIS = 50;
    private static final int DOUBLINGS = 5;

    private final Journal journal;
    private final QueueMeters meters;
    private final Clock clock;
    private final Scheduler scheduler;
    private final Alarm alarm;

    private volatile boolean started;

    /** The next check; later deadlines need not be announced. */
    private volatile Instant nextLook = Instant.MIN;

    // The fields below are confined to the scheduler's thread.
    private Instant nearest = Instant.MAX;
    private boolean looking;
    private int failures;

    /**
     * Makes a keeper that is not started.
     *
     * @param scheduler single-threaded
     */
    DeadlineKeeper(Journal journal, QueueMeters meters, Clock clock, Scheduler scheduler) {
        this.journal = journal;
        this.meters = meters;
        this.clock = clock;
        this.scheduler = scheduler;
        this.alarm = new Alarm(scheduler, clock, this::look);
    }

    /** Announces the deadline of an accepted job. For any thread; cheap. */
    public void watch(Instant deadline) {
        if (started && deadline.isBefore(nextLook)) {
            scheduler.schedule(() -> {
                nearest = earlier(nearest, deadline);
                if (started && !looking) {
                    alarm.at(nearest);
                }
            });
        }
    }

    @Override
    public void start() {
        started = true;
        scheduler.schedule(this::look);
    }

    @Override
    public void stop() {
        started = false;
        scheduler.schedule(alarm::off);
    }

    @Override
    public boolean isRunning() {
        return started;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    private void look() {
        if (!started || looking) {
            return;
        }
        looking = true;
        nearest = Instant.MAX;
        nextLook = Instant.MAX; // jobs accepted from here on may be missed by this check
        if (journal.backlog().isEmpty()) {
            looked(Instant.MAX);
            return;
        }
        Mono.defer(journal::failOverdue).publishOn(scheduler).subscribe(this::looked, this::lookFailed);
    }

    private void looked(Instant next) {
        looking = false;
        failures = 0;
        again(earlier(next, clock.instant().plus(SAFETY_NET)));
    }

    private void lookFailed(Throwable error) {
        looking = false;
        if (Recorder.passing(error)) {
            meters.journalFailed("fail-overdue");
        } else {
            meters.restarted("deadline-keeper");
        }
        if (failures == 0) {
            LOG.warn("Failing overdue jobs failed, trying again until it succeeds", error);
        }
        long wait = FIRST_WAIT_MILLIS << Math.min(failures++, DOUBLINGS);
        nextLook = Instant.MIN; // the backoff decides, not a deadline
        if (started) {
            scheduler.schedule(this::look, Math.min(wait, SAFETY_NET.toMillis()), TimeUnit.MILLISECONDS);
        }
    }

    private void again(Instant instant) {
        if (started) {
            Instant next = earlier(instant, nearest);
            nextLook = next;
            alarm.at(next);
        }
    }

    private static Instant earlier(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }
}
