package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where the waiting jobs of each route begin, for when looking for that has become expensive. A job that was claimed leaves
 * an entry in the index of waiting jobs, and as long as some transaction of the database may still see the job as it was (a
 * backup, a long query, a replica that says so) no vacuum removes the entry, and every claim walks over all of them. Then
 * claims begin at the ranks noted here, which are those of the last claim and of what this node knows to wait; what another
 * node puts in front of them is found by the next count. Otherwise they begin at the beginning. For any thread.
 */
final class Heads {

    /** The age of a job is its rank, less this for each step of urgency. */
    static final long STEP_MILLIS = 30_000;

    /** Below every rank. */
    private static final long NONE = 0;

    private static final long SLOW_NANOS = Duration.ofMillis(4).toNanos();

    /** How many claims are looked at together: one may be slow for any reason. */
    private static final int RECENT = 8;

    /** Of other nodes, jobs of a higher rank may be seen before those of a lower one: so much later, not more. */
    private static final long SLACK_MILLIS = 250;

    /** With fewer of them a claim that takes long does so for another reason. */
    private static final long MANY_DEAD = 10_000;

    /** After so long without a count a claim looks from the beginning on: nobody else would find what is in front. */
    private static final long STALE_NANOS = Duration.ofSeconds(30).toNanos();

    private final Map<String, Long> ranks = new ConcurrentHashMap<>();

    /** The lowest rank of each route that was seen to wait since the count under way began. */
    private final Map<String, Long> lowest = new HashMap<>();

    private long lookedAt = System.nanoTime();
    private long usualNanos;
    private boolean manyDead;
    private volatile boolean needed;

    /** A job's rank, or a little less: the database's clock is read a moment after the node's. */
    static long rank(Job job) {
        return job.spec().acceptedAt().toEpochMilli() + STEP_MILLIS * job.spec().urgency();
    }

    /** Whether looks at what waits are to begin at the heads rather than at the beginning. */
    boolean areNeeded() {
        return needed;
    }

    /** The rank to begin at for each route of which it is known; none if they are not needed. */
    Map<String, Long> all() {
        return needed ? Map.copyOf(ranks) : Map.of();
    }

    /** A job waits now. */
    synchronized void waits(String route, long rank) {
        long from = rank - SLACK_MILLIS;
        lowest.merge(route, from, Math::min);
        ranks.computeIfPresent(route, (id, head) -> Math.min(head, from));
    }

    /**
     * A claim as it began.
     *
     * @param bounded whether it begins at the heads rather than at the beginning
     * @param heads what was noted then
     * @param nanos {@link System#nanoTime}
     */
    record Begun(boolean bounded, Map<String, Long> heads, long nanos) {

        /** The rank to begin at; {@link #NONE} if that is the beginning, or it is not known. */
        long from(String route) {
            return bounded ? heads.getOrDefault(route, NONE) : NONE;
        }
    }

    /** A claim begins. */
    synchronized Begun begin() {
        long now = System.nanoTime();
        boolean bounded = needed && now - lookedAt < STALE_NANOS;
        if (!bounded) {
            lookedAt = now;
        }
        return new Begun(bounded, Map.copyOf(ranks), now);
    }

    /** These were claimed, {@code nanos} after it began. What came in front of them meanwhile is not forgotten. */
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

    /** A count of all that waits begins. */
    synchronized void counting() {
        lowest.clear();
    }

    /**
     * It has ended.
     *
     * @param first the lowest rank of each route that has jobs waiting
     * @param dead about how many rows there are that no vacuum has removed; negative if that is not known
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
