package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The jobs that this node has claimed, each as it stood after this node's last move, so that the next move knows the number
 * of the event it follows and need not read first. Only a help: what is missing or out of date is read. For any
 * thread.
 */
final class Running {

    private final Map<JobId, HeldClaim> claims = new HashMap<>();
    private final ClaimedRequests requests;

    /** Those that their holder is moving just now, and those that he moved since a renewal under way began. */
    private final Map<JobId, Integer> moving = new HashMap<>();

    private final Set<JobId> movedMeanwhile = new HashSet<>();
    private int renewals;

    Running(ClaimedRequests requests) {
        this.requests = requests;
    }

    /**
     * What is known of a job.
     *
     * @param unsure how it stood before a move that failed although it may have been made; null if there is none
     */
    private record HeldClaim(
            Job job,
            Duration lease,
            long untilNanos,
            @Nullable Job unsure) {}

    synchronized void claimed(Job job, Duration lease) {
        claims.put(job.id(), new HeldClaim(job, lease, System.nanoTime() + lease.toNanos(), null));
    }

    /** Its holder moves this one: until he is about to be told what came of it, a renewal that finds it gone says nothing. */
    synchronized void moveBegins(JobId id) {
        moving.merge(id, 1, Integer::sum);
    }

    synchronized void moveEnds(JobId id) {
        moving.computeIfPresent(id, (same, moves) -> moves == 1 ? null : moves - 1);
    }

    /** Begins a renewal, which ends when what is returned is run, however often. */
    synchronized Runnable renewal() {
        renewals++;
        AtomicBoolean over = new AtomicBoolean();
        return () -> {
            if (over.compareAndSet(false, true)) {
                renewalEnds();
            }
        };
    }

    private synchronized void renewalEnds() {
        if (--renewals == 0) {
            movedMeanwhile.clear();
        }
    }

    /** Whether a job that a renewal did not find is gone because its holder moved it while the renewal was under way. */
    synchronized boolean isMovedMeanwhile(JobId id) {
        return moving.containsKey(id) || movedMeanwhile.contains(id);
    }

    synchronized void renewed(JobId id, Duration lease) {
        claims.computeIfPresent(
                id,
                (same, before) ->
                        new HeldClaim(before.job(), lease, System.nanoTime() + lease.toNanos(), before.unsure()));
    }

    /** A move of a claimed job failed although it may have been made. */
    synchronized void unsure(Job claimed, Job before) {
        claims.computeIfPresent(
                claimed.id(),
                (id, known) -> known.job().fence() != claimed.fence()
                        ? known
                        : new HeldClaim(known.job(), known.lease(), known.untilNanos(), before));
    }

    /** How the job stood before a move of which it is not known whether it was made; null if there is none. */
    synchronized @Nullable Job unsure(Job claimed) {
        @Nullable HeldClaim known = claims.get(claimed.id());
        return known == null || known.job().fence() != claimed.fence() ? null : known.unsure();
    }

    /** A job after a move: one that runs no longer is evicted. */
    synchronized void moved(Job after) {
        if (renewals > 0) {
            movedMeanwhile.add(after.id());
        }
        if (after.state() == JobState.RUNNING) {
            claims.computeIfPresent(
                    after.id(), (id, before) -> new HeldClaim(after, before.lease(), before.untilNanos(), null));
        } else {
            lost(after.id());
        }
    }

    synchronized void lost(JobId id) {
        claims.remove(id);
        requests.evict(id);
    }

    /** The claimed job as last known; as it was claimed if nothing is known. */
    synchronized Job latest(Job claimed) {
        @Nullable HeldClaim known = claims.get(claimed.id());
        return known == null || known.job().fence() != claimed.fence() ? claimed : known.job();
    }

    /** Whether this claim still holds, as far as this node knows. */
    synchronized boolean holds(Job claimed) {
        @Nullable HeldClaim known = claims.get(claimed.id());
        return known != null && known.job().fence() == claimed.fence() && System.nanoTime() - known.untilNanos() < 0;
    }

    /** All there are. */
    synchronized List<Job> all() {
        return claims.values().stream().map(HeldClaim::job).toList();
    }

    /** Evicts those whose lease ran out a lease ago: they ended elsewhere and nobody said so. */
    synchronized void evictLost() {
        long now = System.nanoTime();
        List<JobId> gone = new ArrayList<>();
        claims.forEach((id, known) -> {
            if (now - known.untilNanos() > known.lease().toNanos()) {
                gone.add(id);
            }
        });
        gone.forEach(this::lost);
    }
}
