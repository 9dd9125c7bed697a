package dev.sluice.queue;

import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;
import io.github.bucket4j.ConsumptionProbe;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Decides whether a client may send another request to a route with a rate limit. Each client has a token bucket of the size of
 * its burst, which refills evenly. Buckets are in memory, per node, and bounded in number.
 *
 * <p>Never blocks; for any thread.
 */
public final class ClientLimits {

    /** Largest number of clients tracked per route; beyond it those idle for longest start with a full bucket. */
    static final int MOST_CLIENTS = 100_000;

    private final LongSupplier nanos;
    private final Map<String, ClientBuckets> routes = new ConcurrentHashMap<>();

    /**
     * Starts with all buckets full.
     *
     * @param nanos monotonic time in nanoseconds
     */
    ClientLimits(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * Takes a token from the client's bucket.
     *
     * @param client its address, the value of its field or its name, depending on the limit; empty if it has none
     * @throws IllegalArgumentException if the route has no limit
     */
    public Decision tryAcquire(Route route, String client) {
        RateLimit limit = route.admission().rateLimit();
        if (limit == null) {
            throw new IllegalArgumentException("route " + route.id() + " has no limit");
        }
        return tryAcquire(route.id(), limit, client);
    }

    /**
     * Takes a token from the client's bucket for something that is no route.
     *
     * @param what what is limited; the id of no route
     */
    public Decision tryAcquire(String what, RateLimit limit, String client) {
        ConsumptionProbe probe =
                clients(what, limit).bucket(ClientKey.of(limit.by(), client)).tryConsumeAndReturnRemaining(1);
        return new Decision(
                limit,
                probe.isConsumed(),
                Duration.ofNanos(probe.getNanosToWaitForRefill()),
                probe.getRemainingTokens(),
                Duration.ofNanos(probe.getNanosToWaitForReset()));
    }

    /** A route whose limit has changed starts with full buckets. */
    private ClientBuckets clients(String route, RateLimit limit) {
        ClientBuckets known = routes.get(route);
        return known != null && known.limit().equals(limit)
                ? known
                : routes.compute(
                        route,
                        (id, current) -> current != null && current.limit().equals(limit)
                                ? current
                                : new ClientBuckets(limit, MOST_CLIENTS, nanos));
    }

    /**
     * The decision about one request, and the state of its client's bucket.
     *
     * @param limit what the client may send
     * @param allowed whether the request is within it
     * @param retryAfter time until a request is allowed again; zero if this one is
     * @param remaining tokens left
     * @param reset time until the bucket is full, without further requests
     */
    public record Decision(RateLimit limit, boolean allowed, Duration retryAfter, long remaining, Duration reset) {

        /** The value of {@code RateLimit-Policy} (draft-ietf-httpapi-ratelimit-headers): {@code "default";q=100;w=60}. */
        public String policyField() {
            return "\"default\";q=" + limit.limit() + ";w=" + limit.window().toSeconds();
        }

        /** The value of {@code RateLimit} (same draft): {@code "default";r=0;t=12}. */
        public String field() {
            return "\"default\";r=" + remaining + ";t=" + wholeSeconds(reset);
        }

        /** The value of {@code Retry-After} for a request that is not allowed; at least 1. */
        public long retryAfterSeconds() {
            return Math.max(1, wholeSeconds(retryAfter));
        }

        private static long wholeSeconds(Duration duration) {
            return duration.plusNanos(999_999_999).toSeconds();
        }
    }
}
