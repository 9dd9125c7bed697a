package dev.sluice.queue;

import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;
import io.github.bucket4j.ConsumptionProbe;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Says whether a client may send one more request to a route that limits its clients. Each client has a bucket of as many
 * tokens as it may send at once, refilled evenly. What is known of clients is this node's, in memory, and bounded.
 *
 * <p>Never waits; for any thread.
 */
public final class ClientLimits {

    /** Clients of one route that are told apart; with more of them those not heard of for longest begin anew. */
    static final int MOST_CLIENTS = 100_000;

    private final LongSupplier nanos;
    private final Map<String, ClientBuckets> routes = new ConcurrentHashMap<>();

    /**
     * Begins with all buckets full.
     *
     * @param nanos the time in nanoseconds from anywhere, never going back
     */
    ClientLimits(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * Takes a token of the client's.
     *
     * @param client its address, its field's value or who it is, as the limit has it; empty for those that have none, who are one
     * @throws IllegalArgumentException if the route limits nobody
     */
    public Decision tryAcquire(Route route, String client) {
        RateLimit limit = route.admission().rateLimit();
        if (limit == null) {
            throw new IllegalArgumentException("route " + route.id() + " has no limit");
        }
        ConsumptionProbe probe = clients(route.id(), limit)
                .bucket(ClientKey.of(limit.by(), client))
                .tryConsumeAndReturnRemaining(1);
        return new Decision(
                limit,
                probe.isConsumed(),
                Duration.ofNanos(probe.getNanosToWaitForRefill()),
                probe.getRemainingTokens(),
                Duration.ofNanos(probe.getNanosToWaitForReset()));
    }

    /** A route that was configured anew with another limit forgets its clients. */
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
     * What became of a request, and where its client stands.
     *
     * @param limit what the client may send
     * @param allowed whether the request is within it
     * @param retryAfter when another try may succeed; zero if this one did
     * @param remaining requests that the client may send at once now
     * @param reset when it may send a whole burst again, if it rests until then
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
