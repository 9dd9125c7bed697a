package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.core.ClaimedRequests;
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
 * A cache of the jobs claimed by this node as of its last move, so that the next move knows the number of the event it
 * follows without a read. Missing or outdated entries are read from the database. Thread-safe.
 */
final class Running {

    private final Map<JobId, HeldClaim> claims = new HashMap<>();
    private final ClaimedRequests requests;

    /** Jobs being moved by their holder, and jobs moved since the current renewal began. */
    private final Map<JobId, Integer> moving = new HashMap<>();

    private final Set<JobId> movedMeanwhile = new HashSet<>();
    private int renewals;

    Running(ClaimedRequests requests) {
        this.requests = requests;
    }

    /**
     * A cached job.
     *
     * @param unsure its version before a move in doubt; null if there is none
     * @param streams whether a response is streamed under the claim
     */
    private record HeldClaim(
            Job job,
            Duration lease,
            long untilNanos,
            @Nullable Job unsure,
            boolean streams) {

        HeldClaim streaming() {
            return new HeldClaim(job, lease, untilNanos, unsure, true);
        }
    }

    synchronized void claimed(Job job, Duration lease) {
        claims.put(job.id(), new HeldClaim(job, lease, System.nanoTime() + lease.toNanos(), null, false));
    }

    /** Whether a response is streamed under a claim. */
    synchronized boolean isStreaming(Job claimed) {
        @Nullable HeldClaim known = claims.get(claimed.id());
        return known != null && known.job().fence() == claimed.fence() && known.streams();
    }

    /** Records that a response is streamed under a claim. */
    synchronized void streams(Job claimed) {
        claims.computeIfPresent(
                claimed.id(), (id, known) -> known.job().fence() == claimed.fence() ? known.streaming() : known);
    }

    /** Begins a move by the holder: until it is completed, a renewal does not report the job as lost. */
    synchronized void moveBegins(JobId id) {
        moving.merge(id, 1, Integer::sum);
    }

    synchronized void moveEnds(JobId id) {
        moving.computeIfPresent(id, (same, moves) -> moves == 1 ? null : moves - 1);
    }

    /** Begins a renewal; running the result ends it and is idempotent. */
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

    /** Whether a job that a renewal did not find was moved by its holder during the renewal. */
    synchronized boolean isMovedMeanwhile(JobId id) {
        return moving.containsKey(id) || movedMeanwhile.contains(id);
    }

    synchronized void renewed(JobId id, Duration lease) {
        claims.computeIfPresent(
                id,
                (same, before) -> new HeldClaim(
                        before.job(), lease, System.nanoTime() + lease.toNanos(), before.unsure(), before.streams()));
    }

    /** Records a move in doubt: it failed although it may have been written. */
    synchronized void unsure(Job claimed, Job before) {
        claims.computeIfPresent(
                claimed.id(),
                (id, known) -> known.job().fence() != claimed.fence()
                        ? known
                        : new HeldClaim(known.job(), known.lease(), known.untilNanos(), before, known.streams()));
    }

    /** Returns the version of the job before a move in doubt; null if there is none. */
    synchronized @Nullable Job unsure(Job claimed) {
        @Nullable HeldClaim known = claims.get(claimed.id());
        return known == null || known.job().fence() != claimed.fence() ? null : known.unsure();
    }

    /** Updates a job after a move, and evicts it if it is no longer claimed. */
    synchronized void moved(Job after) {
        if (renewals > 0) {
            movedMeanwhile.add(after.id());
        }
        if (after.state() == JobState.RUNNING && !after.parked()) {
            claims.computeIfPresent(
                    after.id(),
                    (id, before) -> new HeldClaim(after, before.lease(), before.untilNanos(), null, before.streams()));
        } else {
            lost(after.id());
        }
    }

    synchronized void lost(JobId id) {
        claims.remove(id);
        requests.evict(id);
    }

    /** Returns the latest known version of a claimed job, by default as it was claimed. */
    synchronized Job latest(Job claimed) {
        @Nullable HeldClaim known = claims.get(claimed.id());
        return known == null || known.job().fence() != claimed.fence() ? claimed : known.job();
    }

    /** Whether this claim is valid as far as this node knows. */
    synchronized boolean holds(Job claimed) {
        @Nullable HeldClaim known = claims.get(claimed.id());
        return known != null && known.job().fence() == claimed.fence() && System.nanoTime() - known.untilNanos() < 0;
    }

    /** Returns all cached jobs. */
    synchronized List<Job> all() {
        return claims.values().stream().map(HeldClaim::job).toList();
    }

    /** Evicts jobs whose lease expired more than its duration ago: they ended on other nodes. */
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
