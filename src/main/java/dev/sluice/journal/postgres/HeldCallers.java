package dev.sluice.journal.postgres;

import dev.sluice.journal.WorkQueue.Demand;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Decides how much a claim does for the callers that are held. Their jobs are set aside when a claim meets them; a claim
 * that was left with too few jobs by that looks at more of them the next time. The jobs that were set aside of callers that
 * are no longer held are looked for when the callers held have changed, and now and then, because another node may have set
 * them aside. Thread-safe.
 */
final class HeldCallers {

    /** How many jobs a claim looks at when there may be many of held callers. */
    private static final int DEEP = 1_000;

    private static final long LOOK_NANOS = Duration.ofMillis(200).toNanos();

    /** While index entries cannot be removed, those of jobs that were once set aside are in the way of a look. */
    private static final long SELDOM_NANOS = Duration.ofSeconds(1).toNanos();

    private final Set<String> deep = ConcurrentHashMap.newKeySet();
    private Map<String, Set<Long>> held = Map.of();
    private long lookedAt = System.nanoTime() - SELDOM_NANOS;

    /**
     * Whether a claim looks for jobs to bring back.
     *
     * @param seldom whether a look may be expensive
     */
    synchronized boolean looks(Map<String, Demand> demand, boolean seldom) {
        Map<String, Set<Long>> now = new HashMap<>();
        demand.forEach((route, asked) -> {
            if (!asked.held().isEmpty()) {
                now.put(route, asked.held());
            }
        });
        long pause = seldom ? SELDOM_NANOS : now.isEmpty() ? 0 : LOOK_NANOS;
        if (now.equals(held) && System.nanoTime() - lookedAt < pause) {
            return false;
        }
        held = now;
        lookedAt = System.nanoTime();
        return true;
    }

    /** There may be more to bring back. */
    synchronized void looksAgain() {
        lookedAt = System.nanoTime() - SELDOM_NANOS;
    }

    /** Returns at how many jobs of a route a claim looks at least. */
    int depth(String route, Demand demand) {
        return demand.held().isEmpty() || !deep.contains(route) ? 0 : DEEP;
    }

    /** Records whether a claim of a route was left with too few jobs although there may be more. */
    void claimed(String route, boolean tooFew) {
        if (tooFew) {
            deep.add(route);
        } else {
            deep.remove(route);
        }
    }
}
