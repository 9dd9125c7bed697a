package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.journal.WorkQueue;
import dev.sluice.protection.EndedCall;
import dev.sluice.protection.Protections;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Fills the sinks of the {@link JobQueue} from the journal: one path for new jobs, due retries, restarts and lost leases. Claims
 * when it is nudged, when a reader requests more, when the next job becomes due or what a protection allows changes, and once a second
 * in any case, except while no job is unfinished and no protection holds any back. One claim is in progress at a time; a nudge
 * meanwhile leads to another claim afterwards.
 *
 * <p>When nothing is left to claim it leaves a {@linkplain WorkQueue#stand standing claim} with the journal, so that a job that is
 * accepted while there is demand for it is started in the same step. It is withdrawn before the next claim is made; until then a
 * reader that requests more of one of its routes is not looked at, since nothing waits there.
 *
 * <p>Where several nodes share the journal, it also claims when another node offers jobs for which it has no capacity. If the
 * nodes share one concurrency limit, a permit that is released goes to the node that released it, which claims at once; if that
 * node does not use it, as when it stops, another node finds it within a second.
 *
 * <p>Pipeline {@code claimer}: while the journal is unavailable the claim is retried, after 50 ms at first, backing off to once a
 * second; any other error is counted as a restart and handled alike. It ends only by {@link #stop}.
 */
public final class Claimer implements JobQueue.Feeder {

    private static final Duration SAFETY_NET = Duration.ofSeconds(1);

    private final WorkQueue journal;
    private final JobQueue queue;
    private final ClaimDemand demand;
    private final Offers offers;
    private final Protections protections;
    private final QueueMeters meters;
    private final Duration lease;
    private final RemainingDemand left;
    private final Clock clock;
    private final Scheduler scheduler;
    private final Alarm alarm;
    private final ClaimBackoff backoff;
    private final Requeuer requeuer;

    private final AtomicBoolean nudged = new AtomicBoolean();
    private volatile boolean started;

    // The fields below are confined to the scheduler's thread.
    private Sinks.Empty<Void> stopped = Sinks.empty();
    private boolean claiming;
    private Instant nextDueAt = Instant.MAX;
    private boolean again;

    /**
     * Makes a claimer that is not started.
     *
     * @param scheduler single-threaded
     */
    Claimer(
            WorkQueue journal,
            JobQueue queue,
            ClaimDemand demand,
            Offers offers,
            Protections protections,
            Recorder recorder,
            QueueMeters meters,
            Duration lease,
            Clock clock,
            Scheduler scheduler) {
        this.journal = journal;
        this.queue = queue;
        this.demand = demand;
        this.offers = offers;
        this.protections = protections;
        this.meters = meters;
        this.lease = lease;
        this.left = new RemainingDemand(journal, lease, scheduler);
        this.clock = clock;
        this.scheduler = scheduler;
        this.backoff = new ClaimBackoff("claimer", "claim", "jobs", meters, scheduler, this::lookNow);
        this.alarm = new Alarm(scheduler, clock, this::lookInTime);
        this.requeuer = new Requeuer(recorder, meters, clock, scheduler, this::oneReturned);
        queue.feedFrom(this);
        protections.whenChanged(this::look);
    }

    /** Begins to claim for the readers of the queue. */
    public void start() {
        stopped = Sinks.empty();
        queue.open();
        started = true;
        offers.start(queue::offered);
        look();
    }

    /**
     * Stops claiming. Completes on the scheduler's thread when the claim in progress, if any, has returned, its jobs are requeued
     * and all streams of the {@link JobQueue} have ended.
     */
    public Mono<Void> stop() {
        return Mono.defer(() -> {
            started = false;
            offers.stop();
            scheduler.schedule(() -> {
                alarm.off();
                queue.close();
                claiming |= !left.withdraw();
                stopIfQuiet();
            });
            return stopped.asMono();
        });
    }

    @Override
    public void look() {
        if (started && !nudged.get() && nudged.compareAndSet(false, true)) {
            scheduler.schedule(this::lookNow);
        }
    }

    /** The request is counted before this is called, so that a claim that does not stand any more finds it. */
    @Override
    public void wanted(String route) {
        if (!left.standsFor(route)) {
            look();
        }
    }

    @Override
    public void offer(String route) {
        journal.offer(route);
    }

    @Override
    public void complete(RouteSink sink) {
        scheduler.schedule(sink::complete);
    }

    @Override
    public void giveBack(Job job) {
        scheduler.schedule(() -> notCalled(job));
    }

    private void lookInTime() {
        if (started && !claiming && !backoff.isWaiting() && demand.nothingIsDue()) {
            lookLater(); // the claim that stands goes on standing
        } else {
            lookNow();
        }
    }

    private void lookNow() {
        nudged.set(false);
        if (claiming || backoff.isWaiting() || !left.withdraw()) {
            again = true;
        } else if (started) {
            claim();
        }
    }

    private void claim() {
        again = false;
        Map<String, WorkQueue.Demand> free;
        try {
            free = demand.now(clock.instant(), requeuer.none());
        } catch (RuntimeException e) {
            claimFailed(e);
            return;
        }
        if (free.isEmpty()) {
            nextDueAt = Instant.MAX;
            left.clear();
            lookLater();
            return;
        }
        claiming = true;
        Mono.defer(() -> journal.claim(free, lease))
                .publishOn(scheduler)
                .subscribe(claimed -> claimed(free, claimed), this::claimFailed, this::claimEnded);
    }

    private void claimed(Map<String, WorkQueue.Demand> demanded, WorkQueue.Claimed claimed) {
        claimed.jobs().forEach(meters::started);
        Map<String, List<Job>> byRoute = claimed.jobs().stream().collect(Collectors.groupingBy(Job::route));
        Set<String> asked = claimed.more()
                ? byRoute.keySet()
                : demanded.keySet(); // with more to come, nothing is known of the others
        asked.forEach(route -> tellProtections(route, byRoute.getOrDefault(route, List.of())));
        claimed.jobs().forEach(this::handOut);
        // A claim of the largest size may have left jobs for which there is demand.
        again |= claimed.more() || claimed.jobs().size() >= ClaimDemand.MOST_AT_ONCE;
        nextDueAt = claimed.nextDueAt();
        left.clear();
        demanded.forEach((route, before) ->
                leave(route, before, byRoute.getOrDefault(route, List.of()).size()));
    }

    /** Notes what is left of a demand. It has grown meanwhile if calls have ended, which is looked at when nothing is left. */
    private void leave(String route, WorkQueue.Demand asked, int started) {
        RouteSink sink = queue.sink(route);
        if (sink == null || sink.policy().deliversCallbacks()) {
            return; // which receivers are held depends on what is claimed
        }
        int room = asked.room() - started;
        if (room > 0) {
            left.add(route, asked.withRoom(room));
        } else if (sink.demand() > 0) {
            again = true;
        }
    }

    private void tellProtections(String route, List<Job> jobs) {
        RouteSink sink = queue.sink(route);
        if (sink != null && !demand.isGone(route)) { // jobs of a route that is gone are not called
            protections.claimed(sink.policy(), jobs, clock.instant());
        }
    }

    private void claimEnded() {
        claiming = false;
        backoff.succeeded();
        if (!started) {
            stopIfQuiet();
        } else if (again) {
            claim();
        } else {
            lookLater();
            left.stand(this::claimed, this::claimFailed, this::claimEnded);
        }
    }

    private void lookLater() {
        Instant now = clock.instant();
        alarm.at(earlier(earlier(nextDueAt, demand.nextOpening()), now.plus(SAFETY_NET)));
    }

    private void claimFailed(Throwable error) {
        claiming = false;
        backoff.failed(error);
        stopIfQuiet();
    }

    private void handOut(Job job) {
        if (demand.isGone(job.route())) {
            requeuer.failGone(job);
            return;
        }
        RouteSink sink = started ? queue.sink(job.route()) : null;
        if (sink == null || !sink.emit(job)) {
            notCalled(job);
        }
    }

    private void notCalled(Job job) {
        RouteSink sink = queue.sink(job.route());
        if (sink != null) {
            EndedCall none = new EndedCall(job, EndedCall.End.ABORTED, Duration.ZERO, 0, null);
            protections.ended(sink.policy(), none, clock.instant());
        }
        requeuer.giveBack(job);
    }

    private void oneReturned() {
        if (started) {
            look();
        } else {
            stopIfQuiet();
        }
    }

    private void stopIfQuiet() {
        if (!started && !claiming && requeuer.none()) {
            stopped.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST); // does nothing the second time
        }
    }

    private static Instant earlier(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }
}
