package dev.sluice.protection;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Concurrency;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/**
 * Limits the concurrent calls of the routes whose concurrency is to be found: an {@link AdaptiveLimit} for each, which learns
 * from answers how long they take, and from refusals and timeouts that there were too many. Failures of another kind say nothing
 * about it, nor do calls that were aborted or could not connect.
 */
public final class AdaptiveConcurrency implements Protection {

    /** Statuses by which a backend says that it is overloaded, or has not answered in time. */
    private static final Set<Integer> OVERLOADED = Set.of(408, 429, 503, 504);

    private static final int NO_STATUS = 0;

    private final IntSupplier nodes;
    private final Map<String, RouteLimit> routes = new ConcurrentHashMap<>();

    /**
     * Begins with the minimum of each route.
     *
     * @param nodes how many nodes call the backends
     */
    AdaptiveConcurrency(IntSupplier nodes) {
        this.nodes = nodes;
    }

    /** How many calls of a route may run at once at the moment: on this node, or on all nodes if they share the limit. */
    public int limit(CallPolicy policy) {
        Concurrency concurrency = policy.concurrency();
        return concurrency.adaptive() ? of(policy).current() : concurrency.limit();
    }

    @Override
    public Opening opening(CallPolicy policy, int underWay, Instant now) {
        return policy.concurrency().adaptive()
                ? Opening.room(Math.max(0, of(policy).current() - underWay), Instant.MAX)
                : Opening.FREE;
    }

    @Override
    public Outlook outlook(CallPolicy policy, Instant now) {
        return policy.concurrency().adaptive()
                ? new Outlook(true, of(policy).current(), Double.POSITIVE_INFINITY)
                : Outlook.FREE;
    }

    @Override
    public void claimed(CallPolicy policy, Collection<Job> jobs, Instant now) {
        if (policy.concurrency().adaptive()) {
            of(policy).claimed(jobs.size());
        }
    }

    @Override
    public void ended(CallPolicy policy, EndedCall call, Instant now) {
        if (policy.concurrency().adaptive()) {
            of(policy).ended(call, ChronoUnit.MICROS.between(Instant.EPOCH, now));
        }
    }

    void forget(String route) {
        routes.remove(route);
    }

    /** A route whose bounds have changed begins anew. */
    private RouteLimit of(CallPolicy policy) {
        RouteLimit known = routes.get(policy.id());
        return known != null && known.bounds.equals(policy.concurrency())
                ? known
                : routes.compute(
                        policy.id(),
                        (id, now) -> now != null && now.bounds.equals(policy.concurrency())
                                ? now
                                : new RouteLimit(policy.concurrency(), now == null ? 0 : now.underWay(), nodes));
    }

    private static boolean dropped(EndedCall call) {
        return switch (call.end()) {
            case LIMITED, UNAVAILABLE -> true;
            case FAILED -> call.status() == NO_STATUS || OVERLOADED.contains(call.status());
            case ANSWERED, UNREACHABLE, ABORTED -> false;
        };
    }

    /** The limit of one route, and how many of its calls are under way. */
    private static final class RouteLimit {

        private final Concurrency bounds;
        private final AdaptiveLimit limit; // guarded by this
        private int underWay; // guarded by this

        /** How many were under way when calls were last started: many may end together before others are. */
        private int used; // guarded by this

        private volatile int current;

        RouteLimit(Concurrency bounds, int underWay, IntSupplier nodes) {
            this.bounds = bounds;
            this.underWay = underWay;
            limit = new AdaptiveLimit(bounds.min(), bounds.perNode(), nodes);
            current = limit.limit();
        }

        int current() {
            return current;
        }

        synchronized int underWay() {
            return underWay;
        }

        synchronized void claimed(int jobs) {
            underWay += jobs;
            used = underWay;
        }

        synchronized void ended(EndedCall call, long now) {
            long latency = Math.max(1, call.time().toNanos() / 1000);
            if (call.end() == EndedCall.End.ANSWERED) {
                limit.answered(now, latency, used);
            } else if (dropped(call)) {
                limit.dropped(now, latency);
            }
            underWay = Math.max(0, underWay - 1);
            current = limit.limit();
        }
    }
}
