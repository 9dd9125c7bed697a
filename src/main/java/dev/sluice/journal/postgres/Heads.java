package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The rank at which the waiting jobs of each route begin, for when finding it has become expensive. A claimed job
 * leaves a dead entry in the index of waiting jobs, and while an old transaction (a backup, a long query, a replica
 * with feedback) may still see it, vacuum cannot remove the entry, and every claim scans all of them. Claims then start
 * at the ranks kept here, which are those of the last claim and of waiting jobs known to this node; jobs that another
 * node enqueues ahead of them are found by the next count. Otherwise claims start at the beginning. Thread-safe.
 */
final class Heads {

    /** The rank added by one step of urgency. */
    static final long STEP_MILLIS = 30_000;

    /** Below every rank. */
    private static final long NONE = 0;

    private static final long SLOW_NANOS = Duration.ofMillis(4).toNanos();

    /** The window of the moving average of claim times: a single claim may be slow for any reason. */
    private static final int RECENT = 8;

    /** The limit within which jobs of other nodes may become visible out of rank order. */
    private static final long SLACK_MILLIS = 250;

    /** With fewer dead entries a slow claim has another cause. */
    private static final long MANY_DEAD = 10_000;

    /**
     * After this time without a count a claim starts at the beginning, because nothing else would find jobs ahead of
     * the heads.
     */
    private static final long STALE_NANOS = Duration.ofSeconds(30).toNanos();

    private final Map<String, Long> ranks = new ConcurrentHashMap<>();

    /** The lowest rank of each route seen waiting since the current count began. */
    private final Map<String, Long> lowest = new HashMap<>();

    private long lookedAt = System.nanoTime();
    private long usualNanos;
    private boolean manyDead;
    private volatile boolean needed;

    /** A lower bound of a job's rank: the database's clock is read slightly after the node's. */
    static long rank(Job job) {
        return job.spec().acceptedAt().toEpochMilli() + STEP_MILLIS * job.spec().urgency();
    }

    /** Whether scans of waiting jobs start at the heads rather than at the beginning. */
    boolean areNeeded() {
        return needed;
    }

    /** Returns the known ranks to start at; none if they are not needed. */
    Map<String, Long> all() {
        return needed ? Map.copyOf(ranks) : Map.of();
    }

    /** Records a waiting job. */
    synchronized void waits(String route, long rank) {
        long from = rank - SLACK_MILLIS;
        lowest.merge(route, from, Math::min);
        ranks.computeIfPresent(route, (id, head) -> Math.min(head, from));
    }

    /**
     * The heads at the start of a claim.
     *
     * @param bounded whether it starts at the heads rather than at the beginning
     * @param heads the ranks at that time
     * @param nanos {@link System#nanoTime}
     */
    record Begun(boolean bounded, Map<String, Long> heads, long nanos) {

        /** Returns the rank to start at; {@link #NONE} for the beginning, or if it is not known. */
        long from(String route) {
            return bounded ? heads.getOrDefault(route, NONE) : NONE;
        }
    }

    /** Begins a claim. */
    synchronized Begun begin() {
        long now = System.nanoTime();
        boolean bounded = needed && now - lookedAt < STALE_NANOS;
        if (!bounded) {
            lookedAt = now;
        }
        return new Begun(bounded, Map.copyOf(ranks), now);
    }

    /** Records the jobs of a claim, {@code nanos} after it began, keeping jobs enqueued ahead of them meanwhile. */
    synchronized void claimed(Collection<Job> jobs, Begun begun, long nanos) {
        if (!begun.bounded()) {
            usualNanos += (nanos - usualNanos) / RECENT;
            needed = manyDead && usualNanos > SLOW_NANOS;
        }
        Map<String, Long> first = new HashMap<>();
        jobs.forEach(job -> first.merge(job.route(), rank(job) - SLACK_MILLIS, Math::min));
        first.forEach((route, from) -> ranks.merge(route, from, (now, next) -> {
            Long before = begun.heads().get(route);
            return before == null || now < before ? Math.min(now, next) : next;
        }));
    }

    /** Begins a count of all waiting jobs. */
    synchronized void counting() {
        lowest.clear();
    }

    /**
     * Ends a count.
     *
     * @param first the lowest rank of each route that has jobs waiting
     * @param dead the approximate number of dead rows; negative if unknown
     */
    synchronized void counted(Map<String, Long> first, long dead) {
        lookedAt = System.nanoTime();
        first.forEach((route, rank) -> {
            long from = rank - SLACK_MILLIS;
            ranks.put(route, Math.min(from, lowest.getOrDefault(route, from)));
        });
        manyDead = dead >= MANY_DEAD || (dead < 0 && manyDead);
        if (needed && !manyDead) {
            needed = false;
            usualNanos = 0;
        }
    }
}
