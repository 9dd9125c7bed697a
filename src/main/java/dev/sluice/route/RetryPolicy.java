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
 * @param maxHold longest that a {@code Retry-After} of the backend is obeyed
 * @param giveUp how long after its acceptance a job waits for a backend that cannot be called
 */
public record RetryPolicy(
        int attempts, Duration backoff, Duration maxBackoff, Set<Integer> retryOn, Duration maxHold, Duration giveUp) {

    /** Whether a response with this status is worth another try, if one is left. */
    public boolean retries(int status) {
        return retryOn.contains(status);
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

    /**
     * How long to wait until the backend is called for a job again that could not be called before: about as long as the job has
     * been waiting, so that the waits double, between {@code backoff} and {@code maxBackoff}.
     */
    public Duration probe(Duration waited, RandomGenerator random) {
        long least = Math.min(backoff.toMillis(), maxBackoff.toMillis());
        long most = Math.min(Math.max(least, waited.toMillis()), maxBackoff.toMillis());
        return Duration.ofMillis(most <= least ? least : random.nextLong(least, most + 1));
    }
}
