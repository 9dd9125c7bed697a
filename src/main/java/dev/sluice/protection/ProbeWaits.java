package dev.sluice.protection;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The waits before the probes of an open breaker: 1 s, doubled with each probe that failed, at most 30 s, less up to a quarter
 * at random. A probe that succeeded takes back one doubling, so that a backend that comes and goes is not called more often each
 * time. Not thread-safe.
 */
final class ProbeWaits {

    /** The longest wait; a breaker that was closed for longer begins anew. */
    static final Duration LONGEST = Duration.ofSeconds(30);

    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final int MOST_DOUBLINGS = 5;

    private final RandomGenerator random;
    private int doublings;

    ProbeWaits(RandomGenerator random) {
        this.random = random;
    }

    /** The wait before the next probe. */
    Duration next() {
        long most = longest().toMillis();
        return Duration.ofMillis(most - random.nextLong(most / 4));
    }

    /** A random part, up to a quarter, of the wait before the next probe. */
    Duration jitter() {
        return Duration.ofMillis(random.nextLong(longest().toMillis() / 4));
    }

    private Duration longest() {
        Duration doubled = FIRST.multipliedBy(1L << doublings);
        return doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    }

    void failed() {
        doublings = Math.min(MOST_DOUBLINGS, doublings + 1);
    }

    void succeeded() {
        doublings = Math.max(0, doublings - 1);
    }

    void beginAnew() {
        doublings = 0;
    }

    int doublings() {
        return doublings;
    }

    /** Continues where another node is. */
    void continueAt(int known) {
        doublings = Math.max(0, Math.min(MOST_DOUBLINGS, known));
    }
}
