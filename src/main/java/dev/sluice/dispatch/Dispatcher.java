package dev.sluice.dispatch;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobReader;
import dev.sluice.queue.LeaseKeeper;
import dev.sluice.queue.QueueMeters;
import dev.sluice.route.Route;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Runs the attempts: one pipeline per route, a {@link RouteLane} whose demand is the route's concurrency, and one that listens
 * for events that concern running attempts: a job is cancelled on any node, misses its deadline, or its backend reports progress.
 * Events of other nodes usually arrive at once, and with the next renewal of the leases at the latest.
 *
 * <p>Pipelines {@code dispatch-<route>} end when the queue closes; {@code cancellations} ends with {@link #stop}. An unexpected
 * error of either is counted and restarts it after 50 ms to 1 s; attempts do not fail their pipeline.
 */
final class Dispatcher implements LeaseKeeper.Holdings {

    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    private final RouteLanes lanes;
    private final LeaseKeeper keeper;
    private final JobReader journal;
    private final QueueMeters meters;
    private final Scheduler scheduler;

    private final Map<JobId, Held> running = new ConcurrentHashMap<>();
    private final EarlyEnds early = new EarlyEnds();
    private Disposable cancellations = Disposables.disposed();

    Dispatcher(RouteLanes lanes, LeaseKeeper keeper, JobReader journal, QueueMeters meters, Scheduler scheduler) {
        this.lanes = lanes;
        this.keeper = keeper;
        this.journal = journal;
        this.meters = meters;
        this.scheduler = scheduler;
    }

    /** Subscribes to the queue, which must be open. */
    void start() {
        cancellations = listenForCancellations().subscribe();
        lanes.start(this::pipeline);
    }

    /**
     * Waits for the running attempts at most for the grace, then aborts them. To be called when the queue is closed. Completes
     * when all outcomes are recorded.
     *
     * @param checked completes when no check is under way
     */
    Mono<Void> stop(Duration grace, Mono<Void> checked) {
        Mono<Void> ended = Mono.when(lanes.ended(), checked);
        Mono<Void> forced =
                Mono.delay(grace, scheduler).doOnNext(tick -> abortAll()).then(ended);
        return Mono.firstWithSignal(ended, forced).doFinally(signal -> cancellations.dispose());
    }

    @Override
    public Collection<Job> held() {
        return running.values().stream().map(Held::claimed).toList();
    }

    @Override
    public void lost(Job claimed) {
        Held attempt = running.get(claimed.id());
        if (attempt != null && attempt.claimed().fence() == claimed.fence()) {
            attempt.abort(Held.Reason.LOST);
        }
    }

    private Mono<Void> pipeline(RouteLane lane) {
        String name = "dispatch-" + lane.context().policy().id();
        return lane.jobs()
                .flatMap(job -> attempt(job, lane.context()).doFinally(signal -> lane.end()), Integer.MAX_VALUE)
                .retryWhen(restart(name))
                .then();
    }

    private Mono<Void> attempt(Job job, AttemptContext context) {
        return run(new Attempt(job, context));
    }

    /** Checks on a parked job that was claimed for it. */
    Mono<Void> check(Job job) {
        AttemptContext context = lanes.context(job.route());
        return context == null ? Mono.empty() : run(new Check(job, context));
    }

    private Mono<Void> run(Held held) {
        return Mono.using(() -> begin(held), Held::run, this::end);
    }

    /** Registers the attempt before the check, so that an end from outside either finds the attempt or is found by the check. */
    private Held begin(Held attempt) {
        Held before = running.put(attempt.claimed().id(), attempt);
        if (before != null) { // its job was completed, or lost, and claimed again
            before.abort(Held.Reason.LOST);
        }
        Job outcome = early.take(attempt.claimed());
        if (outcome != null) {
            attempt.abort(reason(outcome));
        }
        return attempt;
    }

    private void end(Held attempt) {
        running.remove(attempt.claimed().id(), attempt);
    }

    /**
     * Each new subscription checks which claims still hold, to make up for missed events. Ends are counted by a subscription of
     * their own, because both nodes receive the event but only the one that recorded it counts.
     */
    private Flux<JobEvent> listenForCancellations() {
        Flux<JobEvent> concerning =
                journal.tail(new Heard(event -> endsFromOutside(event) || isHeartbeat(event), this::runsHere));
        Flux<JobEvent> recordedHere = journal.tail(new Heard(
                event -> isDelivery(event)
                        || (event instanceof JobEvent.Finished end && isCountedAsHeard(end.outcome())),
                job -> false));
        return Flux.merge(
                        concerning.doOnSubscribe(subscription -> keeper.check()).doOnNext(this::happened),
                        recordedHere.doOnNext(this::recorded))
                .retryWhen(restart("cancellations"));
    }

    /**
     * The events of interest.
     *
     * @param fromElsewhere the jobs whose events are received from other nodes too; none is followed by its sequence number,
     *     because a missed one is made up for
     */
    private record Heard(Predicate<JobEvent> wanted, Predicate<JobId> fromElsewhere) implements Interest {

        @Override
        public boolean wants(JobEvent event) {
            return wanted.test(event);
        }

        @Override
        public boolean follows(JobId id) {
            return fromElsewhere.test(id);
        }

        @Override
        public Map<JobId, Long> followed() {
            return Map.of();
        }
    }

    /** A delivery of a callback is appended by the journal, and nobody else says that there is one. */
    private static boolean isDelivery(JobEvent event) {
        return event instanceof JobEvent.Accepted && event.route().equals(Route.CALLBACKS);
    }

    private boolean runsHere(JobId id) {
        return running.containsKey(id);
    }

    private boolean isHeartbeat(JobEvent event) {
        return event instanceof JobEvent.Reported && runsHere(event.job());
    }

    private static boolean endsFromOutside(JobEvent event) {
        return event instanceof JobEvent.Finished finished
                && (finished.outcome().state() == JobState.CANCELLED
                        || failedBy(Problem.DEADLINE_EXCEEDED, finished.outcome()));
    }

    private static boolean failedBy(Problem problem, Job job) {
        return job.failure() != null && job.failure().problem() == problem;
    }

    /** Whether an end is possible without a running attempt; all others are recorded, and counted, by an attempt. */
    static boolean isCountedAsHeard(Job outcome) {
        return outcome.state() == JobState.CANCELLED
                || outcome.givenUp()
                || failedBy(Problem.DEADLINE_EXCEEDED, outcome)
                || failedBy(Problem.OUTCOME_UNKNOWN, outcome);
    }

    private void happened(JobEvent event) {
        if (event instanceof JobEvent.Finished end) {
            ended(end.outcome());
            return;
        }
        Held attempt = running.get(event.job());
        if (attempt != null) {
            attempt.beat();
        }
    }

    private void ended(Job outcome) {
        early.note(outcome);
        Held attempt = running.get(outcome.id());
        if (attempt != null) {
            early.take(attempt.claimed());
            attempt.abort(reason(outcome));
        }
    }

    /** An end is counted on the one node that recorded it, wherever the job ran. */
    private void recorded(JobEvent event) {
        AttemptContext context = lanes.context(event.route());
        if (event instanceof JobEvent.Finished finished && context != null) {
            context.meters().finished(finished.outcome().state());
        } else if (isDelivery(event)) {
            lanes.appended(event.route());
        }
    }

    private static Held.Reason reason(Job outcome) {
        return outcome.state() == JobState.CANCELLED ? Held.Reason.CANCELLED : Held.Reason.OVERDUE;
    }

    private void abortAll() {
        LOG.warn("The grace is used up: {} running attempts are aborted", running.size());
        running.values().forEach(attempt -> attempt.abort(Held.Reason.STOPPED));
    }

    private Retry restart(String pipeline) {
        return Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(50))
                .maxBackoff(Duration.ofSeconds(1))
                .transientErrors(true)
                .scheduler(scheduler)
                .doBeforeRetry(signal -> {
                    meters.restarted(pipeline);
                    LOG.warn("Pipeline {} failed and is started again", pipeline, signal.failure());
                });
    }
}
