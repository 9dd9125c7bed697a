package dev.sluice.queue;

import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.journal.JobReader;
import dev.sluice.protection.Holds;
import dev.sluice.protection.Outlook;
import dev.sluice.protection.Protections;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Estimates when a job will start and finish, from the jobs ahead of it, what the route's concurrency, rate and protections allow
 * on all nodes, and the recent service times of answered calls on this node. By when nine of ten are finished follows from how
 * much earlier jobs exceeded what was expected of them ({@link Overrun}). For any thread, and cheap enough for each request.
 */
public final class Estimator {

    /** Weight of a new service time; after about 20 of them the older ones hardly count. */
    private static final double WEIGHT = 0.1;

    private static final long LONGEST_SECONDS = Duration.ofHours(1).toSeconds();
    private static final long LONGEST_SECONDS_WHEN_FULL = Duration.ofMinutes(5).toSeconds();
    private static final long SECONDS_WHEN_FULL_AND_UNKNOWN = 5;
    private static final double LONGEST_MILLIS = Duration.ofDays(3650).toMillis();

    private final JobReader journal;
    private final CurrentRoutes routes;
    private final Holds holds;
    private final Protections protections;
    private final Supplier<RandomGenerator> random;

    /** Mean times until a backend has done the work of a job, by route, in nanoseconds, as the bits of a double. */
    private final Map<String, AtomicLong> services = new ConcurrentHashMap<>();

    /** Mean times for which a job takes a place of its route: less, where a backend takes the work over. In the same form. */
    private final Map<String, AtomicLong> calls = new ConcurrentHashMap<>();

    /** By which factor jobs exceed what was expected, by route. */
    private final Map<String, Overrun> overruns = new ConcurrentHashMap<>();

    Estimator(
            JobReader journal,
            CurrentRoutes routes,
            Holds holds,
            Protections protections,
            Supplier<RandomGenerator> random) {
        this.journal = journal;
        this.routes = routes;
        this.holds = holds;
        this.protections = protections;
        this.random = random;
    }

    /** Adds the time of a call with which a backend did the work. */
    public void observed(String route, Duration serviceTime) {
        add(calls, route, serviceTime);
        add(services, route, serviceTime);
    }

    /** Adds the time of a call with which a backend took the work over; then the job has no place of its route any more. */
    public void takenOver(String route, Duration callTime) {
        add(calls, route, callTime);
    }

    /** Adds the time in which a backend did work that it had taken over. */
    public void completed(String route, Duration serviceTime) {
        add(services, route, serviceTime);
    }

    private static void add(Map<String, AtomicLong> means, String route, Duration time) {
        double nanos = time.toNanos();
        AtomicLong mean = means.get(route);
        if (mean == null) {
            mean = means.putIfAbsent(route, new AtomicLong(Double.doubleToRawLongBits(nanos)));
            if (mean == null) {
                return;
            }
        }
        mean.getAndUpdate(bits -> {
            double old = Double.longBitsToDouble(bits);
            return Double.doubleToRawLongBits(old + WEIGHT * (nanos - old));
        });
    }

    /** Learns from a job that this node has finished, if it was told when to expect that. */
    public void finished(Job job) {
        Estimate told = job.spec().estimate();
        Instant end = job.finishedAt();
        if (told == null || end == null) {
            return;
        }
        // A try that is repeated has a later due time, which was not foreseen; the first one has that of the
        // acceptance.
        Instant begin =
                job.tries() > 1 ? job.spec().acceptedAt() : later(job.spec().acceptedAt(), job.dueAt());
        double expected = Duration.between(begin, told.finishAt()).toNanos();
        double actual = Duration.between(begin, end).toNanos();
        if (expected > 0 && actual > 0) {
            Instant bound = told.finishBy();
            overrun(job.route()).learn(actual / expected, bound != null && end.isAfter(bound));
        }
    }

    /**
     * The estimate for a job that is about to be accepted; null until a service time is known, and while nobody can say when jobs
     * of the route will be started: it is paused, or its backend is away. Less urgent jobs that overtake it by ageing are not counted.
     */
    public @Nullable Estimate estimate(Route route, int urgency, long caller, long turn, Instant dueAt, Instant now) {
        double service = serviceMillis(route);
        if (Double.isNaN(service)) {
            return null;
        }
        long ahead = journal.backlog().ahead(route.id(), urgency, turn);
        Instant held = holds.until(route.id(), caller, now);
        return waiting(route, ahead, dueAt, held == null ? dueAt : later(dueAt, held), service, now);
    }

    /** As above, for a job of nobody in particular. */
    public @Nullable Estimate estimate(Route route, int urgency, Instant dueAt, Instant now) {
        return estimate(route, urgency, 0, 0, dueAt, now);
    }

    /**
     * The estimate for a job in its current state; null if it is finished, no service time of its route is known, or it waits
     * and nobody can say when jobs of the route will be started.
     *
     * @param position its position among the waiting jobs, from 1; 0 if it is not waiting
     */
    public @Nullable Estimate estimate(Job job, long position, Instant now) {
        Route route = routes.byId(job.route()).orElse(null);
        double service = route == null ? Double.NaN : serviceMillis(route);
        if (route == null || Double.isNaN(service) || job.state().finished()) {
            return null;
        }
        Instant begun = job.startedAt();
        if (job.state() == JobState.RUNNING && begun != null) {
            Instant end = later(begun.plusMillis(millis(service)), now);
            double most = service * overrun(route.id()).factor();
            return new Estimate(begun, end, later(begun.plusMillis(millis(most)), end));
        }
        Instant held = holds.until(route.id(), job.spec().caller(), now);
        Instant free = held == null ? job.dueAt() : later(job.dueAt(), held);
        return waiting(route, Math.max(0, position - 1), job.dueAt(), free, service, now);
    }

    /**
     * At full concurrency, a call ends in each mean time of a call divided by the concurrency; a rate may allow less.
     *
     * @param dueAt from when on the job might run; what is expected from then on is what may be exceeded
     * @param free from when on nothing holds it back
     */
    private @Nullable Estimate waiting(
            Route route, long ahead, Instant dueAt, Instant free, double service, Instant now) {
        Outlook outlook = protections.outlook(route.call(), now);
        if (!outlook.known()) {
            return null;
        }
        int nodes = journal.backlog().nodes();
        long running = journal.backlog().of(route.id()).running();
        long places = places(route, outlook, nodes);
        long turns = Math.max(0, ahead + 1 + running - places);
        double paced = ahead * 1000.0 / (outlook.perSecond() * nodes);
        Instant start = later(now.plusMillis(millis(Math.max(turns * callMillis(route) / places, paced))), free);
        Instant finish = start.plusMillis(millis(service));
        Instant begin = later(dueAt, now);
        double expected = Duration.between(begin, finish).toMillis();
        return new Estimate(
                start,
                finish,
                begin.plusMillis(millis(expected * overrun(route.id()).factor())));
    }

    private Overrun overrun(String route) {
        Overrun known = overruns.get(route);
        return known != null ? known : overruns.computeIfAbsent(route, id -> new Overrun());
    }

    /**
     * The {@code Retry-After} of an unfinished job with this estimate, in whole seconds from 1 to 3,600, with upward jitter of a
     * second plus a tenth.
     */
    public Duration retryAfter(@Nullable Estimate estimate, Instant now) {
        long millis = estimate == null
                ? 0
                : Duration.between(now, estimate.finishAt()).toMillis();
        return jittered(ceilSeconds(millis), LONGEST_SECONDS);
    }

    /**
     * The {@code Retry-After} of a route whose queue is full, in whole seconds from 1 to 300, with jitter: the time in which about
     * a tenth of the waiting jobs will have had their turn.
     */
    public Duration retryAfterFull(Route route, Instant now) {
        double call = callMillis(route);
        if (Double.isNaN(call)) {
            return jittered(SECONDS_WHEN_FULL_AND_UNKNOWN, LONGEST_SECONDS_WHEN_FULL);
        }
        long tenth = 1 + journal.backlog().of(route.id()).depth() / 10;
        Outlook outlook = protections.outlook(route.call(), now);
        int nodes = journal.backlog().nodes();
        double paced = tenth * 1000.0 / (outlook.perSecond() * nodes);
        long millis = millis(Math.max(tenth * call / places(route, outlook, nodes), paced));
        millis += Duration.between(now, heldUntil(route, now)).toMillis();
        return jittered(ceilSeconds(millis), LONGEST_SECONDS_WHEN_FULL);
    }

    /** When the hold of the route ends; now if there is none. */
    private Instant heldUntil(Route route, Instant now) {
        Instant held = holds.until(route.id(), now);
        return held == null ? now : held;
    }

    private Duration jittered(long seconds, long most) {
        long base = Math.max(1, Math.min(seconds, most));
        return Duration.ofSeconds(Math.min(most, base + random.get().nextLong(2 + base / 10)));
    }

    /** The calls at once on all nodes. */
    private static long places(Route route, Outlook outlook, int nodes) {
        long allowed = Math.max(1, outlook.places());
        return Math.min(route.call().concurrency().together(nodes), allowed * nodes);
    }

    private double serviceMillis(Route route) {
        return millis(services.get(route.id()));
    }

    /** As the work takes, as long as no call is known. */
    private double callMillis(Route route) {
        AtomicLong mean = calls.get(route.id());
        return mean == null ? serviceMillis(route) : millis(mean);
    }

    private static double millis(@Nullable AtomicLong mean) {
        return mean == null ? Double.NaN : Double.longBitsToDouble(mean.get()) / 1_000_000;
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }

    private static long millis(double millis) {
        return (long) Math.ceil(Math.min(millis, LONGEST_MILLIS));
    }

    private static long ceilSeconds(long millis) {
        return (millis + 999) / 1000;
    }
}
