package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rank at which the waiting jobs of each lane begin, for when finding it has become expensive. A claimed job leaves
 * a dead entry in the index of waiting jobs, and while an old transaction (a backup, a long query, a replica with
 * feedback) may still see it, vacuum cannot remove the entry, and every claim scans all of them. Claims then look at
 * the lanes kept here only and start at their ranks, which are those of the last claim and of waiting jobs known to
 * this node; jobs that another node enqueues ahead of them or in another lane are found by the next count. Otherwise
 * claims start at the beginning. Thread-safe.
 */
final class Heads {

    /** The rank added by one step of urgency. */
    static final long STEP_MILLIS = 30_000;

    /** The most lanes kept beside those of turn 0; the next count finds others. */
    static final int MOST_LANES = 10_000;

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

    /** By route and turn. Every route has turn 0, with {@link #NONE} if its head is not known. */
    private final Map<String, NavigableMap<Long, Head>> heads = new HashMap<>();

    /** The lowest rank of each lane seen waiting since the current count began. */
    private final Map<QueueLane, Long> lowest = new HashMap<>();

    private int lanes;
    private long lowerings;
    private long lookedAt = System.nanoTime();
    private long usualNanos;
    private boolean manyDead;
    private volatile boolean needed;

    /**
     * The head of a lane.
     *
     * @param lowered which lowering of a head it was, 0 for none
     */
    private record Head(long rank, long lowered) {}

    /** A lower bound of a job's rank: the database's clock is read slightly after the node's. */
    static long rank(Job job) {
        return job.spec().acceptedAt().toEpochMilli() + STEP_MILLIS * job.spec().urgency();
    }

    /** Whether scans of waiting jobs start at the heads rather than at the beginning. */
    boolean areNeeded() {
        return needed;
    }

    /** Records a waiting job. */
    void waits(Job job) {
        waits(QueueLane.of(job), rank(job));
    }

    /** Records a waiting job of this rank. */
    synchronized void waits(QueueLane lane, long rank) {
        long from = rank - SLACK_MILLIS;
        if (lowest.size() < MOST_LANES || lowest.containsKey(lane)) {
            lowest.merge(lane, from, Math::min);
        }
        Head head = head(lane);
        if (head == null ? needed : from < head.rank()) {
            put(lane, new Head(from, ++lowerings));
        }
    }

    private @Nullable Head head(QueueLane lane) {
        NavigableMap<Long, Head> turns = heads.get(lane.route());
        return turns == null ? null : turns.get(lane.turn());
    }

    private void put(QueueLane lane, Head head) {
        NavigableMap<Long, Head> turns = heads.computeIfAbsent(lane.route(), Heads::unknown);
        if (lane.turn() == 0 || turns.containsKey(lane.turn())) {
            turns.put(lane.turn(), head);
        } else if (lanes < MOST_LANES) {
            turns.put(lane.turn(), head);
            lanes++;
        }
    }

    private static NavigableMap<Long, Head> unknown(String route) {
        return new TreeMap<>(Map.of(0L, new Head(NONE, 0)));
    }

    /**
     * The begin of a claim.
     *
     * @param bounded whether it looks at the known lanes only, from their heads on
     * @param lowerings how often heads had been lowered
     * @param nanos {@link System#nanoTime}
     */
    record Begun(boolean bounded, long lowerings, long nanos) {}

    /** Begins a claim. */
    synchronized Begun begin() {
        long now = System.nanoTime();
        boolean bounded = needed && now - lookedAt < STALE_NANOS;
        if (!bounded) {
            lookedAt = now;
        }
        return new Begun(bounded, lowerings, now);
    }

    /** A lane and the rank to start at. */
    record From(QueueLane lane, long rank) {}

    /** Returns the known lanes of a route: those of the turns that follow a turn first, at most so many. */
    synchronized List<From> of(String route, long after, int most) {
        NavigableMap<Long, Head> turns = heads.computeIfAbsent(route, Heads::unknown);
        List<From> all = new ArrayList<>();
        add(route, turns.tailMap(after, false), most, all);
        add(route, turns.headMap(after, true), most, all);
        return all;
    }

    private static void add(String route, Map<Long, Head> turns, int most, List<From> all) {
        for (Map.Entry<Long, Head> turn : turns.entrySet()) {
            if (all.size() == most) {
                return;
            }
            all.add(new From(
                    new QueueLane(route, turn.getKey()), turn.getValue().rank()));
        }
    }

    /** Returns the known heads, at most so many, those of turn 0 first; none if they are not needed. */
    synchronized List<From> all(int most) {
        List<From> all = new ArrayList<>();
        if (needed) {
            heads.forEach((route, turns) -> add(route, turns.subMap(0L, true, 0L, true), most, all));
            heads.forEach((route, turns) -> add(route, turns.headMap(0L, false), most, all));
            heads.forEach((route, turns) -> add(route, turns.tailMap(0L, false), most, all));
        }
        return all;
    }

    /** Records the jobs of a claim, {@code nanos} after it began, keeping jobs enqueued ahead of them meanwhile. */
    synchronized void claimed(Collection<Job> jobs, Begun begun, long nanos) {
        if (!begun.bounded()) {
            usualNanos += (nanos - usualNanos) / RECENT;
            needed = manyDead && usualNanos > SLOW_NANOS;
        }
        Map<QueueLane, Long> first = new HashMap<>();
        jobs.forEach(job -> first.merge(QueueLane.of(job), rank(job) - SLACK_MILLIS, Math::min));
        first.forEach((lane, from) -> {
            Head head = head(lane);
            if (head == null) {
                if (needed || lane.turn() == 0) {
                    put(lane, new Head(from, 0));
                }
            } else if (head.lowered() <= begun.lowerings() || from < head.rank()) {
                put(lane, new Head(from, head.lowered()));
            }
        });
    }

    /** Begins a count of all waiting jobs. */
    synchronized void counting() {
        lowest.clear();
    }

    /**
     * Ends a count.
     *
     * @param first the lowest rank of each lane that has jobs waiting
     * @param dead the approximate number of dead rows; negative if unknown
     */
    synchronized void counted(Map<QueueLane, Long> first, long dead) {
        lookedAt = System.nanoTime();
        Set<QueueLane> gone = new HashSet<>();
        heads.forEach((route, turns) -> turns.keySet().forEach(turn -> gone.add(new QueueLane(route, turn))));
        gone.removeAll(first.keySet());
        gone.removeAll(lowest.keySet());
        gone.removeIf(lane -> lane.turn() == 0);
        gone.forEach(this::remove);
        first.forEach((lane, rank) -> {
            long from = rank - SLACK_MILLIS;
            long head = Math.min(from, lowest.getOrDefault(lane, from));
            Head before = head(lane);
            put(lane, new Head(head, before != null && before.rank() <= head ? before.lowered() : ++lowerings));
        });
        manyDead = dead >= MANY_DEAD || (dead < 0 && manyDead);
        if (needed && !manyDead) {
            needed = false;
            usualNanos = 0;
        }
    }

    private void remove(QueueLane lane) {
        NavigableMap<Long, Head> turns = heads.get(lane.route());
        if (turns != null && turns.remove(lane.turn()) != null) {
            lanes--;
        }
    }
}
