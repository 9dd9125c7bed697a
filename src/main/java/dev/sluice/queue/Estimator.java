package dev.sluice.queue;

import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.journal.JobReader;
import dev.sluice.protection.Holds;
import dev.sluice.protection.Pauses;
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
 * Estimates when a job will start and finish, from the jobs ahead of it, the route's concurrency on all nodes and the recent
 * service times on this node. For any thread, and cheap enough for each request.
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
    private final Pauses pauses;
    private final Supplier<RandomGenerator> random;

    /** Mean service times by route, in nanoseconds, as the bits of a double. */
    private final Map<String, AtomicLong> means = new ConcurrentHashMap<>();

    Estimator(JobReader journal, CurrentRoutes routes, Holds holds, Pauses pauses, Supplier<RandomGenerator> random) {
        this.journal = journal;
        this.routes = routes;
        this.holds = holds;
        this.pauses = pauses;
        this.random = random;
    }

    /** Adds the service time of an attempt. */
    public void observed(String route, Duration serviceTime) {
        double nanos = serviceTime.toNanos();
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

    /**
     * The estimate for a job that is about to be accepted; null until a service time is known, and while
     * the route is paused. Less urgent jobs that overtake it by ageing are not counted.
     */
    public @Nullable Estimate estimate(Route route, int urgency, Instant dueAt, Instant now) {
        double service = serviceMillis(route);
        if (Double.isNaN(service)) {
            return null;
        }
        long ahead = journal.backlog().ahead(route.id(), urgency);
        return waiting(route, ahead, later(dueAt, heldUntil(route, now)), service, now);
    }

    /**
     * The estimate for a job in its current state; null if it is finished, no service time of its route is known, or it waits
     * while the route is paused.
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
            Instant end = begun.plusMillis(millis(service));
            return new Estimate(begun, end.isBefore(now) ? now : end);
        }
        Instant held = holds.until(route.id(), job.spec().caller(), now);
        Instant free = held == null ? job.dueAt() : later(job.dueAt(), held);
        return waiting(route, Math.max(0, position - 1), free, service, now);
    }

    /**
     * At full concurrency, an attempt ends in each service time divided by the concurrency. When an operator will resume a paused
     * route is not known.
     */
    private @Nullable Estimate waiting(Route route, long ahead, Instant dueAt, double service, Instant now) {
        if (pauses.of(route.id()) != null) {
            return null;
        }
        long running = journal.backlog().of(route.id()).running();
        long places = places(route);
        long turns = Math.max(0, ahead + 1 + running - places);
        Instant start = later(now.plusMillis(millis(turns * service / places)), dueAt);
        return new Estimate(start, start.plusMillis(millis(service)));
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
     * a tenth of the waiting jobs will be finished.
     */
    public Duration retryAfterFull(Route route, Instant now) {
        double service = serviceMillis(route);
        if (Double.isNaN(service)) {
            return jittered(SECONDS_WHEN_FULL_AND_UNKNOWN, LONGEST_SECONDS_WHEN_FULL);
        }
        long tenth = 1 + journal.backlog().of(route.id()).depth() / 10;
        long millis = millis(tenth * service / places(route));
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

    private long places(Route route) {
        return route.call().concurrency().together(journal.backlog().nodes());
    }

    private double serviceMillis(Route route) {
        AtomicLong mean = means.get(route.id());
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
