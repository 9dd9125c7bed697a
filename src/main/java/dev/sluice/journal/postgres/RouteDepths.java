package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.journal.Backlog.RouteBacklog;
import java.time.Instant;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The unfinished jobs of a route, as last counted and adjusted since. Changes are made one at a time; reads are thread-safe at any
 * time.
 */
final class RouteDepths {

    /** The resolution of ranks. */
    static final long BUCKET_MILLIS = 10_000;

    private static final int URGENCIES = 8;

    private final AtomicLongArray due = new AtomicLongArray(URGENCIES);
    private final AtomicLong delayed = new AtomicLong();
    private final AtomicLong running = new AtomicLong();
    private final AtomicLong awaiting = new AtomicLong();

    /** The rank and the urgency of the next job, as last counted. */
    private volatile long firstRank = Long.MAX_VALUE;

    private volatile int firstUrgency;

    /** The due jobs of turn 0, as last counted. */
    private long ofTurnZero;

    /** The number of due jobs by bucket of ranks. */
    private final ConcurrentNavigableMap<Long, Long> ranks = new ConcurrentSkipListMap<>();

    /** The due jobs by turn; null while there is only turn 0. */
    private volatile @Nullable TurnDepths turns;

    /** Adds due jobs of a bucket of ranks. */
    void countDue(int urgency, long bucket, long jobs, long first) {
        due.addAndGet(urgency, jobs);
        ranks.merge(bucket, jobs, Long::sum);
        if (first < firstRank) {
            firstRank = first;
            firstUrgency = urgency;
        }
    }

    /** Adds due jobs of a turn, which are among those counted by rank. */
    void countTurn(long turn, long jobs) {
        TurnDepths depths = turns;
        if (depths == null && turn != 0) {
            depths = withTurnZero(ofTurnZero);
        }
        if (depths != null) {
            depths.add(turn, jobs);
        } else {
            ofTurnZero = jobs;
        }
    }

    void addDelayed(long jobs) {
        add(delayed, jobs);
    }

    void addRunning(long jobs) {
        add(running, jobs);
    }

    void addAwaiting(long jobs) {
        add(awaiting, jobs);
    }

    /** Adds a due job that comes, or removes one that goes, unless more went than were counted. */
    void addDue(Job job, int by) {
        int urgency = job.spec().urgency();
        if (by < 0 && due.get(urgency) == 0) {
            return;
        }
        TurnDepths depths = turns;
        if (depths == null && job.spec().turn() != 0) {
            depths = withTurnZero(due());
        }
        if (depths != null) {
            depths.add(job.spec().turn(), by);
        }
        due.addAndGet(urgency, by);
        ranks.compute(bucket(job), (bucket, jobs) -> {
            long sum = (jobs == null ? 0 : jobs) + by;
            return sum > 0 ? sum : null;
        });
    }

    private TurnDepths withTurnZero(long jobs) {
        TurnDepths depths = new TurnDepths();
        depths.add(0, jobs);
        turns = depths;
        return depths;
    }

    /** Counters never fall below zero, although a job of another node that was not counted yet may end here. */
    static void add(AtomicLong value, long by) {
        value.updateAndGet(count -> Math.max(0, count + by));
    }

    private static long bucket(Job job) {
        return Heads.rank(job) / BUCKET_MILLIS;
    }

    boolean isInUse() {
        return due() + delayed.get() + running.get() + awaiting.get() > 0;
    }

    private long due() {
        return ahead(URGENCIES - 1);
    }

    /** Returns the number of due jobs of an urgency and of more urgent ones. */
    long ahead(int urgency) {
        long sum = 0;
        for (int u = 0; u <= urgency; u++) {
            sum += due.get(u);
        }
        return sum;
    }

    /** As {@link #ahead(int)}, for a job of a turn. */
    long ahead(int urgency, long turn) {
        TurnDepths depths = turns;
        long all = ahead(urgency);
        if (depths == null) {
            return all;
        }
        long own = Math.round((double) depths.of(turn) * all / Math.max(1, due())); // urgencies are not counted by turn
        return own + depths.others(turn, own + 1);
    }

    /** Returns the approximate number of due jobs ahead of one accepted now. */
    long before(Job job) {
        long all = ranks.headMap(bucket(job), true).values().stream()
                .mapToLong(Long::longValue)
                .sum();
        TurnDepths depths = turns;
        return depths == null
                ? all
                : position(job, Math.min(all, depths.of(job.spec().turn())));
    }

    /** Returns the approximate position of a job from its place among the due jobs of its turn. */
    long position(Job job, long place) {
        TurnDepths depths = turns;
        return place == 0 || depths == null
                ? place
                : place + depths.others(job.spec().turn(), place);
    }

    RouteBacklog backlog() {
        long all = due();
        Instant oldest = all == 0 || firstRank == Long.MAX_VALUE
                ? null
                : Instant.ofEpochMilli(firstRank - Heads.STEP_MILLIS * firstUrgency);
        return new RouteBacklog(all + delayed.get(), delayed.get(), running.get(), awaiting.get(), oldest);
    }
}
