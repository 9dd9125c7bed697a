package dev.sluice.queue;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Job;
import dev.sluice.job.Transition;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.WorkQueue;
import dev.sluice.route.CurrentRoutes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Claims parked jobs ({@link Awaiting}) when they are to be checked on, and has them checked on: beside the {@link Claimer}, whose
 * places it does not take. Of a route as many jobs are checked on at once as calls of it may run on a node, counted apart from
 * these; so neither can keep the other waiting. Protections of the backend and pauses of the route are for new calls and do not
 * concern it. Looks when the next job is due, when it is told of an earlier one, and once a second in any case: then it finds what
 * other nodes have parked.
 *
 * <p>Pipeline {@code resumer}: while the journal is unavailable the claim is retried, after 50 ms at first, backing off to once a
 * second; any other error is counted as a restart and handled alike. It ends only by {@link #stop}.
 */
public final class Resumer {

    private static final Logger LOG = LoggerFactory.getLogger(Resumer.class);

    private static final Duration SAFETY_NET = Duration.ofSeconds(1);

    /** The most jobs of a route in one claim, which bounds its memory. */
    private static final int MOST_AT_ONCE = 256;

    private final WorkQueue journal;
    private final JobReader reader;
    private final CurrentRoutes routes;
    private final GoneRoutes gone;
    private final QueueMeters meters;
    private final Duration lease;
    private final Clock clock;
    private final Scheduler scheduler;
    private final Alarm alarm;
    private final ClaimBackoff backoff;
    private final Requeuer requeuer;

    private final AtomicBoolean nudged = new AtomicBoolean();
    private volatile boolean started;
    private volatile Function<Job, Mono<Void>> checking = job -> Mono.empty();

    // The fields below are confined to the scheduler's thread.
    private final Map<String, Integer> underWay = new HashMap<>();
    private Sinks.Empty<Void> stopped = Sinks.empty();
    private boolean claiming;
    private boolean again;

    /**
     * Makes one that is not started.
     *
     * @param scheduler single-threaded
     */
    Resumer(
            WorkQueue journal,
            JobReader reader,
            CurrentRoutes routes,
            Recorder recorder,
            QueueMeters meters,
            Duration lease,
            Clock clock,
            Scheduler scheduler) {
        this.journal = journal;
        this.reader = reader;
        this.routes = routes;
        this.gone = new GoneRoutes(reader, routes);
        this.meters = meters;
        this.lease = lease;
        this.clock = clock;
        this.scheduler = scheduler;
        this.backoff = new ClaimBackoff("resumer", "resume", "parked jobs", meters, scheduler, this::lookNow);
        this.alarm = new Alarm(scheduler, clock, this::lookNow);
        this.requeuer = new Requeuer(recorder, meters, clock, scheduler, this::returned);
    }

    /**
     * Begins to claim.
     *
     * @param checks checks on one claimed job; never fails, and is subscribed to on the thread of the scheduler
     */
    public void start(Function<Job, Mono<Void>> checks) {
        stopped = Sinks.empty();
        checking = checks;
        started = true;
        look();
    }

    /** Stops claiming. Completes when the claim in progress, if any, has returned and no check is under way. */
    public Mono<Void> stop() {
        return Mono.defer(() -> {
            started = false;
            scheduler.schedule(() -> {
                alarm.off();
                stopIfQuiet();
            });
            return stopped.asMono();
        });
    }

    /** A job of this node was parked until then. For any thread, cheap. */
    public void due(Instant at) {
        if (!at.isAfter(clock.instant())) {
            look();
        } else if (started) {
            scheduler.schedule(() -> {
                if (started) {
                    alarm.at(at);
                }
            });
        }
    }

    private void look() {
        if (started && nudged.compareAndSet(false, true)) {
            scheduler.schedule(this::lookNow);
        }
    }

    private void lookNow() {
        nudged.set(false);
        if (claiming || backoff.isWaiting()) {
            again = true;
        } else if (started) {
            claim();
        }
    }

    private void claim() {
        again = false;
        Map<String, Integer> room;
        try {
            room = room();
        } catch (RuntimeException e) {
            failed(e);
            return;
        }
        if (room.isEmpty()) {
            alarm.at(clock.instant().plus(SAFETY_NET));
            return;
        }
        claiming = true;
        Mono.defer(() -> journal.resume(room, lease))
                .publishOn(scheduler)
                .subscribe(claimed -> claimed(room, claimed), this::failed);
    }

    /** Of the routes that have awaiting jobs. */
    private Map<String, Integer> room() {
        Map<String, Integer> room = new HashMap<>();
        for (String route : reader.backlog().routes()) {
            if (reader.backlog().of(route).awaiting() > 0) {
                routes.byId(route)
                        .ifPresent(known -> room.put(
                                route,
                                Math.min(
                                                MOST_AT_ONCE,
                                                known.call().concurrency().perNode())
                                        - underWay.getOrDefault(route, 0)));
            }
        }
        if (requeuer.none()) {
            gone.now(clock.instant()).forEach(route -> room.put(route, MOST_AT_ONCE));
        }
        room.values().removeIf(free -> free <= 0);
        return room;
    }

    private void claimed(Map<String, Integer> room, WorkQueue.Claimed claimed) {
        claiming = false;
        backoff.succeeded();
        claimed.jobs().forEach(this::check);
        Instant latest = clock.instant().plus(SAFETY_NET);
        if (!started) {
            stopIfQuiet();
        } else if (again || isFull(room, claimed)) {
            claim();
        } else {
            Instant next = claimed.nextDueAt();
            // What is due and was not claimed has to wait until a check ends, which looks again.
            alarm.at(next.isAfter(clock.instant()) && next.isBefore(latest) ? next : latest);
        }
    }

    private static boolean isFull(Map<String, Integer> room, WorkQueue.Claimed claimed) {
        return !claimed.jobs().isEmpty()
                && claimed.jobs().size()
                        >= room.values().stream()
                                .mapToInt(Integer::intValue)
                                .min()
                                .orElse(0);
    }

    private void check(Job job) {
        if (gone.isGone(job.route())) {
            requeuer.failGone(job);
        } else if (!started) {
            requeuer.park(job);
        } else {
            underWay.merge(job.route(), 1, Integer::sum);
            checking.apply(job)
                    .publishOn(scheduler)
                    .subscribe(nothing -> {}, error -> checkFailed(job, error), () -> checked(job));
        }
    }

    private void checkFailed(Job job, Throwable error) {
        meters.restarted("resumer");
        LOG.error("The check on job {} failed; its lease runs out", job.id(), error);
        checked(job);
    }

    private void checked(Job job) {
        underWay.computeIfPresent(job.route(), (route, many) -> many > 1 ? many - 1 : null);
        returned();
    }

    private void returned() {
        if (started) {
            look();
        } else {
            stopIfQuiet();
        }
    }

    private void failed(Throwable error) {
        claiming = false;
        backoff.failed(error);
        stopIfQuiet();
    }

    private void stopIfQuiet() {
        if (!started && !claiming && requeuer.none() && underWay.isEmpty()) {
            stopped.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST); // does nothing the second time
        }
    }

    /** The move that parks a claimed job as it was, to be checked on at once by whoever comes next. */
    public static Transition parkedAgain(Job claimed, Instant now) {
        return new Transition.Await(Objects.requireNonNull(claimed.awaiting()), now);
    }
}
