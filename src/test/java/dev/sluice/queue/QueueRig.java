package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Draft;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.embedded.MemoryJournals;
import dev.sluice.protection.Changes;
import dev.sluice.protection.EndedCall;
import dev.sluice.protection.HoldsRig;
import dev.sluice.protection.Opening;
import dev.sluice.protection.Outlook;
import dev.sluice.protection.Protection;
import dev.sluice.protection.Protections;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The queue on a journal in memory, put together as the configuration does it, and short words for what tests do. */
public final class QueueRig implements AutoCloseable {

    public static final Duration LIMIT = Duration.ofSeconds(20);
    public static final Duration LEASE = Duration.ofSeconds(30);

    public final TestClock clock = new TestClock();
    public final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    public final UnreliableJournal journal = new UnreliableJournal(MemoryJournals.open(clock));
    public final Scheduler scheduler = Schedulers.newSingle("sluice-queue", true);
    public final CurrentRoutes routes;
    public final QueueMeters meters;
    public final Recorder recorder;
    public final Estimator estimator;
    public final JobQueue queue = new JobQueue();
    public final Claimer claimer;
    public final LeaseKeeper keeper;
    public final Resumer resumer;
    public final DeadlineKeeper deadlines;
    public final List<EndedCall> ended = new CopyOnWriteArrayList<>();
    public volatile Outlook outlook = Outlook.FREE;
    private final Changes changes = new Changes();
    public final HoldsRig held = new HoldsRig(journal, changes, clock);
    public final Protections protections = new Protections(List.of(new Observer(), held.holds, held.pauses), changes);

    private final JobIds ids = new JobIds(clock);

    public QueueRig(Route... configured) {
        this(LEASE, configured);
    }

    public QueueRig(Duration lease, Route... configured) {
        routes = Routes.current(configured);
        meters = new QueueMeters(registry, journal, routes, clock);
        recorder = new Recorder(journal, meters, scheduler);
        estimator = new Estimator(journal, routes, held.holds, protections, ThreadLocalRandom::current);
        ClaimDemand demand = new ClaimDemand(queue, journal, routes, protections);
        Offers offers = new Offers(journal, meters, scheduler);
        claimer = new Claimer(journal, queue, demand, offers, protections, recorder, meters, lease, clock, scheduler);
        resumer = new Resumer(journal, journal, routes, recorder, meters, lease, clock, scheduler);
        keeper = new LeaseKeeper(journal, meters, lease, scheduler);
        deadlines = new DeadlineKeeper(journal, meters, clock, scheduler);
    }

    /** A protection that only remembers what it is told. */
    private final class Observer implements Protection {
        @Override
        public Opening opening(CallPolicy policy, int underWay, Instant now) {
            return Opening.FREE;
        }

        @Override
        public Outlook outlook(CallPolicy policy, Instant now) {
            return outlook;
        }

        @Override
        public void ended(CallPolicy policy, EndedCall call, Instant now) {
            ended.add(call);
        }
    }

    /** Accepts a job as the ingress does. */
    public Mono<Job> accept(String route, int attempts) {
        return accept(route, attempts, null);
    }

    public Mono<Job> accept(String route, int attempts, Duration deadline) {
        return accept(route, attempts, deadline, 0);
    }

    public Mono<Job> accept(String route, int attempts, Duration deadline, long caller) {
        return Mono.defer(() -> {
            NewJob job = new Draft(ids.next(), clock.instant())
                    .route(route)
                    .target("/" + route)
                    .headers()
                    .attempts(attempts)
                    .caller(caller)
                    .deadlineIn(deadline)
                    .job();
            return journal.append(job, Flux.just("in".getBytes(StandardCharsets.UTF_8)))
                    .cast(Appended.Created.class)
                    .doOnNext(created -> {
                        if (!created.started()) {
                            routes.byId(route).ifPresent(known -> queue.nudge(known.call()));
                        }
                    })
                    .map(Appended.Created::job);
        });
    }

    /** Accepts a job whose client was told when to expect its end. */
    public JobId accepted(String route, int urgency, Estimate told) {
        NewJob job = new Draft(ids.next(), clock.instant())
                .route(route)
                .urgency(urgency)
                .job();
        JobSpec spec = job.spec().toBuilder().estimate(told).build();
        NewJob estimated = new NewJob(job.id(), route, spec, job.dueAt(), job.request(), job.credentials(), job.key());
        return ((Appended.Created) journal.append(estimated, Flux.empty()).block(LIMIT))
                .job()
                .id();
    }

    public JobId accepted(String route, int attempts) {
        return accept(route, attempts).block(LIMIT).id();
    }

    public JobId accepted(String route) {
        return accepted(route, 5);
    }

    public Job find(JobId id) {
        return ((Lookup.Known) journal.find(id).block(LIMIT)).job();
    }

    public List<String> events(JobId id) {
        return journal.history(id, 0).map(JobEvent::name).collectList().block(LIMIT);
    }

    public Job awaitState(JobId id, JobState state) {
        until(() -> find(id).state() == state);
        return find(id);
    }

    /** Moves the clock and says so, as the timer would that has been set to it. */
    public void advance(Duration by) {
        clock.advance(by);
        queue.nudge();
    }

    /** Makes the claimer look, and waits until it has: what was to be claimed then is claimed. */
    public void lookTwice() {
        for (int i = 0; i < 2; i++) { // the first may have begun before
            int before = journal.tries(UnreliableJournal.Verb.CLAIM);
            queue.nudge();
            until(() -> journal.tries(UnreliableJournal.Verb.CLAIM) > before);
        }
    }

    /** Waits until it is so; fails after the limit. */
    public static void until(BooleanSupplier condition) {
        Boolean done = Flux.interval(Duration.ZERO, Duration.ofMillis(2))
                .onBackpressureDrop()
                .publishOn(Schedulers.boundedElastic(), 1)
                .map(tick -> condition.getAsBoolean())
                .filter(met -> met)
                .next()
                .timeout(LIMIT)
                .block();
        assertThat(done).isTrue();
    }

    public double count(String meter, String... tags) {
        var found = registry.find(meter).tags(tags).counter();
        return found == null ? 0 : found.count();
    }

    @Override
    public void close() {
        journal.recover();
        keeper.stop();
        deadlines.stop();
        claimer.stop().block(LIMIT);
        held.close();
        journal.close();
        scheduler.dispose();
    }
}
