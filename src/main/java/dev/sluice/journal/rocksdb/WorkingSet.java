package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.Deadlines;
import dev.sluice.journal.DueIndex;
import dev.sluice.journal.Tails;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the journal keeps in memory of unfinished jobs: the due index, the claims and the deadlines. It follows the disk: it changes only
 * after a write succeeded, and only on the committer's thread (but for the time before that thread begins).
 */
final class WorkingSet {

    private final Clock clock;
    private final Tails tails;
    private final DueIndex index = new DueIndex();
    private final Deadlines deadlines = new Deadlines();
    private final Map<JobId, Claimed> running = new HashMap<>();
    private long order;
    private Instant firstExpiry = Instant.MAX; // no lease runs out before
    private Consumer<Job> unused = claimed -> {};

    private static final class Claimed {
        private Entry entry;
        private final Duration lease;
        private Instant until;
        private boolean received; // pieces of an answer, which go with the claim

        Claimed(Entry entry, Duration lease, Instant until) {
            this.entry = entry;
            this.lease = lease;
            this.until = until;
        }
    }

    WorkingSet(Clock clock, Tails tails) {
        this.clock = clock;
        this.tails = tails;
        // Rises across restarts too, as long as fewer than a million jobs a millisecond are accepted.
        this.order = clock.millis() << 20;
    }

    /** Says who removes what was received under a claim that ended without it. */
    void onUnused(Consumer<Job> remover) {
        unused = remover;
    }

    DueIndex index() {
        return index;
    }

    Deadlines deadlines() {
        return deadlines;
    }

    /** The place of a job in its queue, as of now; also for readers. */
    long position(Job job) {
        return job.state() == JobState.QUEUED ? index.position(job.id(), clock.millis()) : 0;
    }

    /** Now, to the millisecond, which is what is stored. */
    Instant now() {
        return Instant.ofEpochMilli(clock.millis());
    }

    long nextOrder() {
        return ++order;
    }

    @Nullable
    Entry running(JobId id) {
        Claimed claimed = running.get(id);
        return claimed == null ? null : claimed.entry;
    }

    /** A job found at start. */
    void restore(Job queued) {
        order = Math.max(order, queued.order());
        index.add(queued, clock.millis());
        deadlines.add(queued);
    }

    /** A new job was written. */
    void accepted(Job job) {
        index.add(job, clock.millis());
        deadlines.add(job);
        tails.publish(job.accepted());
    }

    /** A job was claimed and that was written. */
    void claimed(Entry entry, Duration lease, JobEvent event) {
        Instant until = now().plus(lease);
        running.put(entry.job().id(), new Claimed(entry, lease, until));
        expiresAt(until);
        index.started(entry.job().route());
        tails.publish(event);
    }

    /** A move other than a claim was written. */
    void moved(Entry before, Job after, JobEvent event) {
        Claimed claimed = running.get(after.id());
        if (after.state() == JobState.RUNNING && claimed != null) { // it is still counted as what it was
            claimed.entry = before.with(after);
            tails.publish(event);
            return;
        }
        if (before.job().state() == JobState.RUNNING) {
            running.remove(after.id());
            index.ended(after.route());
            if (claimed != null && claimed.received && after.result() == null) {
                unused.accept(claimed.entry.job());
            }
        } else {
            index.remove(after.id());
        }
        if (after.state() == JobState.QUEUED) {
            index.add(after, clock.millis());
        } else {
            deadlines.remove(after);
        }
        tails.publish(event);
    }

    /** Extends the lease of a claim; false if it does not hold. */
    boolean renew(Job job, Duration lease) {
        Claimed claimed = running.get(job.id());
        if (claimed == null || claimed.entry.job().fence() != job.fence() || !claimed.until.isAfter(now())) {
            return false;
        }
        claimed.until = now().plus(lease);
        expiresAt(claimed.until);
        return true;
    }

    /** The pieces of an answer are written under a claim; false if it does not hold. */
    boolean received(Job job) {
        Claimed claimed = running.get(job.id());
        if (claimed == null || !holds(job)) {
            return false;
        }
        claimed.received = true;
        return true;
    }

    /** Whether the claim that a job was handed out with still holds. */
    boolean holds(Job job) {
        Claimed claimed = running.get(job.id());
        return claimed != null && claimed.entry.job().fence() == job.fence() && claimed.until.isAfter(now());
    }

    /** Gives each claim its whole lease again. */
    void extendLeases() {
        running.values().forEach(claimed -> claimed.until = now().plus(claimed.lease));
    }

    /** The claims whose lease ran out; costs nothing as long as none can have. */
    List<Entry> expired(Instant now) {
        if (now.isBefore(firstExpiry)) {
            return List.of();
        }
        firstExpiry = Instant.MAX;
        List<Entry> expired = new ArrayList<>();
        for (Claimed claimed : running.values()) {
            if (!claimed.until.isAfter(now)) {
                expired.add(claimed.entry);
            }
            expiresAt(claimed.until);
        }
        return expired;
    }

    private void expiresAt(Instant until) {
        firstExpiry = until.isBefore(firstExpiry) ? until : firstExpiry;
    }
}
