package dev.sluice.journal.core.queue;

import dev.sluice.job.Job;
import dev.sluice.journal.WorkQueue.Demand;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The waiting jobs of one route: the due ones in their turns, the delayed ones by due time, and those that are set aside
 * because their caller is held. Accessed under the lock of the {@link DueIndex} only, except {@link #counts} and
 * {@link #ahead}, which are thread-safe.
 */
final class RouteQueue {

    /** The most turns; jobs with further values share some, which bounds their memory at about 6 MB. */
    static final int MOST_TURNS = 1 << 14;

    private static final int SHARED_TURNS = 64;

    /** The most jobs that one claim sets aside, and that it returns. */
    static final int MOVED_AT_ONCE = 1_000;

    private final Map<Long, Turn> turns = new ConcurrentHashMap<>();
    private final TurnRing ring = new TurnRing();
    private final Callers callers = new Callers();
    private final WaitingHeap<DelayedJob> delayed = new WaitingHeap<>(DelayedJob::dueBefore);
    private final RouteCounts counts = new RouteCounts();
    private int ready;

    /** Present while there is more than one turn, and then until nothing is due. */
    private volatile @Nullable TurnLevels levels;

    /**
     * The jobs of a claim.
     *
     * @param more whether another claim can go on at once
     */
    record Taken(List<WaitingJob> jobs, boolean more) {}

    RouteCounts counts() {
        return counts;
    }

    WaitingJob add(Job queued, long nowMillis) {
        Turn turn = turns.computeIfAbsent(turnOf(queued.spec().turn()), value -> new Turn(value, this));
        turn.jobs++;
        WaitingCaller caller = callers.enter(queued.spec().caller());
        long dueMillis = DelayedJob.ceilMillis(queued.dueAt());
        WaitingJob job;
        if (dueMillis <= nowMillis) {
            job = new WaitingJob(queued, turn, caller);
            ready(job);
        } else {
            DelayedJob late = new DelayedJob(queued, dueMillis, turn, caller);
            delayed.add(late);
            job = late;
        }
        publish();
        return job;
    }

    void remove(WaitingJob job) {
        if (job.slot == WaitingJob.READY) {
            unready(job);
        } else if (job.slot == WaitingJob.ASIDE) {
            callers.remove(job);
        } else {
            delayed.remove((DelayedJob) job);
        }
        leave(job);
        publish();
    }

    /** Promotes the delayed jobs that have become due. */
    void advance(long nowMillis) {
        boolean moved = false;
        for (DelayedJob job = delayed.first(); job != null && job.dueMillis <= nowMillis; job = delayed.first()) {
            delayed.remove(job);
            ready(job);
            moved = true;
        }
        if (moved) {
            publish();
        }
    }

    /** Whether nothing is due, and nothing set aside. */
    boolean isIdle(long nowMillis) {
        advance(nowMillis);
        return ready == 0 && callers.aside() == 0;
    }

    /** Removes and returns the next jobs that are due, at most {@code most}. */
    Taken take(Demand demand, int most, long nowMillis) {
        advance(nowMillis);
        callers.hold(demand.held());
        ring.begin(demand.perTurn());
        returnReleased();
        List<WaitingJob> taken = new ArrayList<>();
        int retries = demand.retries();
        int aside = 0;
        for (WaitingJob job = next(retries > 0);
                job != null && taken.size() < most && aside < MOVED_AT_ONCE;
                job = next(retries > 0)) {
            unready(job);
            if (callers.holds(job.caller)) {
                callers.setAside(job);
                aside++;
            } else {
                ring.served(job.turn);
                leave(job);
                taken.add(job);
                retries -= job.retried ? 1 : 0;
            }
        }
        ring.end();
        publish();
        boolean unfinished = aside == MOVED_AT_ONCE || callers.returning() != null;
        return new Taken(taken, unfinished && taken.size() < most);
    }

    /** Returns the position of a job among the due ones, from 1, the last it can be; 0 if it is not among them. */
    long position(WaitingJob job) {
        if (job.slot != WaitingJob.READY) {
            return 0;
        }
        long inTurn = job.turn.before(job);
        TurnLevels all = levels;
        return all == null
                ? 1 + inTurn
                : 1 + all.served(inTurn) + Math.min(ring.before(job.turn), all.turns(inTurn + 1) - 1);
    }

    Instant nextDue() {
        DelayedJob next = delayed.first();
        return next == null || next.dueMillis == Long.MAX_VALUE ? Instant.MAX : Instant.ofEpochMilli(next.dueMillis);
    }

    /** Returns how many jobs are ahead of a new one, as {@link dev.sluice.journal.Backlog#ahead(String, int, long)}. */
    long ahead(int urgency, long value) {
        Turn turn = turns.get(turnOf(value));
        long same = turn == null ? 0 : turn.ahead(urgency);
        long size = turn == null ? 0 : turn.size();
        TurnLevels all = levels;
        long served = all == null ? Math.min(same + 1, counts.ahead(Turn.URGENCIES - 1)) : all.served(same + 1);
        return same + Math.max(0, served - Math.min(size, same + 1));
    }

    private long turnOf(long value) {
        return turns.size() < MOST_TURNS || turns.containsKey(value) ? value : Math.floorMod(value, SHARED_TURNS);
    }

    private void returnReleased() {
        WaitingJob job = callers.returning();
        for (int i = 0; job != null && i < MOVED_AT_ONCE; i++, job = callers.returning()) {
            callers.remove(job);
            ready(job);
        }
    }

    private @Nullable WaitingJob next(boolean retries) {
        Turn turn = ring.next(retries);
        return turn == null ? null : turn.first(retries);
    }

    private void ready(WaitingJob job) {
        Turn turn = job.turn;
        TurnLevels all = levels;
        job.slot = WaitingJob.READY;
        turn.add(job);
        ring.changed(turn);
        if (all == null && ring.size() > 1) {
            all = new TurnLevels(ready);
            levels = all;
        }
        if (all != null) {
            all.grown(turn.size());
        }
        ready++;
        counts.due(job.urgency, 1);
    }

    private void unready(WaitingJob job) {
        Turn turn = job.turn;
        TurnLevels all = levels;
        if (all != null) {
            all.shrunk(turn.size());
        }
        turn.remove(job);
        ring.changed(turn);
        ready--;
        counts.due(job.urgency, -1);
        levels = ready == 0 ? null : all;
    }

    private void leave(WaitingJob job) {
        callers.leave(job.caller);
        if (--job.turn.jobs == 0) {
            turns.remove(job.turn.value);
        }
    }

    private void publish() {
        long notDue = (long) delayed.size() + callers.aside();
        counts.waiting(ready + notDue, notDue, next(true));
    }
}
