package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.Tails;
import dev.sluice.journal.core.queue.Deadlines;
import dev.sluice.journal.core.queue.DueIndex;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the journal keeps in memory of unfinished jobs: the due index, the claims and the deadlines. It follows the disk: it changes only
 * after a write succeeded, and only on the committer's thread (but for the time before that thread begins).
 */
final class WorkingSet {

    private final JournalClock clock;
    private final LongSupplier leases;
    private final Tails tails;
    private final DueIndex index = new DueIndex();
    private final Deadlines deadlines = new Deadlines();
    private final Map<JobId, Claimed> running = new HashMap<>();
    private long order;
    private Consumer<Job> unused = claimed -> {};
    private long firstExpiry = Long.MAX_VALUE; // no lease runs out before

    private static final class Claimed {
        private Entry entry;
        private final Duration lease;
        private boolean received; // pieces of an answer, which go with the claim
        private long until;

        Claimed(Entry entry, Duration lease, long until) {
            this.entry = entry;
            this.lease = lease;
            this.until = until;
        }

        boolean isOf(Job job) {
            return entry.job().fence() == job.fence();
        }
    }

    /**
     * Begins empty.
     *
     * @param leases nanoseconds from zero by which leases run out, see {@link dev.sluice.journal.core.LeaseTime}
     */
    WorkingSet(JournalClock clock, LongSupplier leases, Tails tails) {
        this.clock = clock;
        this.leases = leases;
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

    /** What expired by then may be erased. */
    Instant erasable() {
        return clock.erasable();
    }

    /** What is kept was written until then: from here on everything is later. */
    void startFrom(Instant newest) {
        clock.startFrom(newest.plusMillis(1));
        order = Math.max(order, clock.millis() << 20);
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
        long until = leases.getAsLong() + lease.toNanos();
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
        if (claimed == null || !claimed.isOf(job) || claimed.until <= leases.getAsLong()) {
            return false;
        }
        claimed.until = leases.getAsLong() + lease.toNanos();
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
        return claimed != null && claimed.isOf(job) && claimed.until > leases.getAsLong();
    }

    /** Gives each claim its whole lease again. */
    void extendLeases() {
        long now = leases.getAsLong();
        running.values().forEach(claimed -> claimed.until = now + claimed.lease.toNanos());
    }

    /** The claims whose lease ran out; costs nothing as long as none can have. */
    List<Entry> expired() {
        long now = leases.getAsLong();
        if (now < firstExpiry) {
            return List.of();
        }
        firstExpiry = Long.MAX_VALUE;
        List<Entry> expired = new ArrayList<>();
        for (Claimed claimed : running.values()) {
            if (claimed.until <= now) {
                expired.add(claimed.entry);
            }
            expiresAt(claimed.until);
        }
        return expired;
    }

    private void expiresAt(long until) {
        firstExpiry = Math.min(firstExpiry, until);
    }
}
