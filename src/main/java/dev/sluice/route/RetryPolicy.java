package dev.sluice.route;

import java.time.Duration;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * When and how often an attempt is repeated. Pure: the same arguments give the same result.
 *
 * @param attempts tries in all, at least 1
 * @param backoff shortest wait before a second try
 * @param maxBackoff longest wait
 * @param retryOn statuses worth another try
 */
public record RetryPolicy(int attempts, Duration backoff, Duration maxBackoff, Set<Integer> retryOn) {

    /** Whether a response with this status is worth another try, if one is left. */
    public boolean retries(int status) {
        return retryOn.contains(status);
    }

    /** Whether there is a try left after this one. */
    public boolean leaves(int attempt) {
        return attempt < attempts;
    }

    /**
     * How long to wait after attempt {@code n}: a random time between {@code backoff} and
     * {@code min(maxBackoff, backoff · 2ⁿ)}, so that jobs that failed together do not come back together.
     */
    public Duration wait(int attempt, RandomGenerator random) {
        long least = Math.min(backoff.toMillis(), maxBackoff.toMillis());
        long most = attempt >= 40 ? Long.MAX_VALUE : Math.max(1, backoff.toMillis()) << Math.min(attempt, 40);
        long bound = most <= 0 ? maxBackoff.toMillis() : Math.min(most, maxBackoff.toMillis());
        return Duration.ofMillis(bound <= least ? least : random.nextLong(least, bound + 1));
    }
}
