package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The routes of which it is not enough to claim the first waiting jobs, because they differ: in their turns, in whether they
 * were tried before, or in whether their callers are held. That costs more. It is found by a claim that takes them for
 * alike, and remembered for some seconds after it was seen last. Thread-safe.
 */
final class MixedRoutes {

    private static final long REMEMBERED_NANOS = Duration.ofSeconds(5).toNanos();

    private final Map<String, Long> seen = new ConcurrentHashMap<>();

    void found(Collection<String> routes) {
        long now = System.nanoTime();
        routes.forEach(route -> seen.put(route, now));
    }

    /** Records what was claimed. */
    void claimed(List<Job> jobs) {
        found(jobs.stream()
                .filter(job -> job.spec().turn() != 0 || job.attempt() > 1)
                .map(Job::route)
                .distinct()
                .toList());
    }

    /** Whether one of the routes is known to be. */
    boolean areAmong(String[] routes) {
        if (seen.isEmpty()) {
            return false;
        }
        long now = System.nanoTime();
        seen.values().removeIf(at -> now - at > REMEMBERED_NANOS);
        for (String route : routes) {
            if (seen.containsKey(route)) {
                return true;
            }
        }
        return false;
    }
}
