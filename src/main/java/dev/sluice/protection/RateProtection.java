package dev.sluice.protection;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Rate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/**
 * Limits how many calls are started in a time on the routes with a rate. Of a rate that the nodes share each takes an equal
 * part, for which nothing is exchanged with every call. When a node starts, all together may exceed the rate until the others
 * have seen it; when one dies, its part is unused until they have missed it.
 */
final class RateProtection implements Protection {

    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final IntSupplier nodes;
    private final Map<String, Pace> paces = new ConcurrentHashMap<>();

    RateProtection(IntSupplier nodes) {
        this.nodes = nodes;
    }

    /** What a node may do. */
    private record Part(long interval, int burst) {}

    @Override
    public Opening opening(CallPolicy policy, int underWay, Instant now) {
        Rate rate = policy.rate();
        if (rate == null) {
            return Opening.FREE;
        }
        Part part = part(rate);
        long time = nanos(now);
        Pace pace = pace(policy);
        synchronized (pace) {
            long room = pace.room(time, part.interval(), part.burst());
            long next = pace.next(time, part.interval(), part.burst());
            return Opening.room((int) room, next == Long.MAX_VALUE ? Instant.MAX : now.plusNanos(next - time));
        }
    }

    @Override
    public Outlook outlook(CallPolicy policy, Instant now) {
        Rate rate = policy.rate();
        return rate == null
                ? Outlook.FREE
                : new Outlook(
                        true,
                        Integer.MAX_VALUE,
                        (double) NANOS_PER_SECOND / part(rate).interval());
    }

    @Override
    public void claimed(CallPolicy policy, Collection<Job> jobs, Instant now) {
        Rate rate = policy.rate();
        if (rate != null) {
            Pace pace = pace(policy);
            synchronized (pace) {
                pace.started(jobs.size(), nanos(now), part(rate).interval());
            }
        }
    }

    void forget(String route) {
        paces.remove(route);
    }

    private Pace pace(CallPolicy policy) {
        return paces.computeIfAbsent(policy.id(), id -> new Pace());
    }

    private Part part(Rate rate) {
        int sharers = rate.shared() ? Math.max(1, nodes.getAsInt()) : 1;
        long interval = Math.max(1, rate.window().toNanos() / rate.limit() * sharers);
        return new Part(interval, (rate.burst() + sharers - 1) / sharers);
    }

    private static long nanos(Instant now) {
        return Duration.between(Instant.EPOCH, now).toNanos();
    }
}
