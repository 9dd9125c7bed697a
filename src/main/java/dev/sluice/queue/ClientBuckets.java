package dev.sluice.queue;

import dev.sluice.route.RateLimit;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.LongSupplier;

/**
 * The token buckets of one route's clients, in two generations: clients seen since the last rotation, and those seen between the
 * two before. A rotation evicts the older generation. It is due when an empty bucket has had time to fill, so that evicted buckets
 * are full and nothing is lost, or earlier when there are too many.
 *
 * <p>A cache library with a bound and an expiry would do, but the usual one takes a lock when it is written to faster than it
 * evicts, which is when many unknown clients arrive; and buckets are looked up on event loops.
 */
final class ClientBuckets {

    /** Shortest life of a generation, so that small buckets are not recreated all the time. */
    private static final long SHORTEST = Duration.ofSeconds(1).toNanos();

    private static final long LONGEST = Duration.ofDays(365).toNanos();

    private static final AtomicReferenceFieldUpdater<ClientBuckets, Generations> CHANGE =
            AtomicReferenceFieldUpdater.newUpdater(ClientBuckets.class, Generations.class, "generations");

    private final RateLimit limit;
    private final int mostInOne;
    private final long lasting;
    private final Bandwidth bandwidth;
    private final TimeMeter time;
    private volatile Generations generations;

    private record Generations(long begun, Map<ClientKey, Bucket> young, Map<ClientKey, Bucket> old) {}

    ClientBuckets(RateLimit limit, int most, LongSupplier nanos) {
        this.limit = limit;
        this.mostInOne = Math.max(1, most / 2);
        this.lasting = lasting(limit);
        this.bandwidth = Bandwidth.builder()
                .capacity(limit.burst())
                .refillGreedy(limit.limit(), limit.window())
                .build();
        this.time = new Monotonic(nanos, nanos.getAsLong());
        this.generations =
                new Generations(time.currentTimeNanos(), new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    }

    RateLimit limit() {
        return limit;
    }

    Bucket bucket(ClientKey client) {
        Generations current = current();
        Bucket known = current.young().get(client);
        if (known != null) {
            return known;
        }
        Bucket before = current.old().get(client);
        Bucket mine = before != null ? before : full();
        Bucket others = current.young().putIfAbsent(client, mine);
        return others != null ? others : mine;
    }

    /** Number of buckets; clients of both generations count twice. */
    int size() {
        Generations current = generations;
        return current.young().size() + current.old().size();
    }

    private Generations current() {
        Generations seen = generations;
        long now = time.currentTimeNanos();
        if (now - seen.begun() < lasting && seen.young().size() < mostInOne) {
            return seen;
        }
        Generations next = new Generations(now, new ConcurrentHashMap<>(), seen.young());
        return CHANGE.compareAndSet(this, seen, next) ? next : generations;
    }

    private Bucket full() {
        return Bucket.builder()
                .addLimit(bandwidth)
                .withCustomTimePrecision(time)
                .build();
    }

    /** How long an empty bucket takes to fill. */
    private static long lasting(RateLimit limit) {
        double nanos = (double) limit.window().toNanos() * limit.burst() / limit.limit();
        return Math.min(LONGEST, Math.max(SHORTEST, (long) Math.ceil(nanos)));
    }

    /** Counts from zero, because buckets compare times and those of the JVM may overflow. */
    private record Monotonic(LongSupplier nanos, long begun) implements TimeMeter {

        @Override
        public long currentTimeNanos() {
            return nanos.getAsLong() - begun;
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
