package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.Tails;
import dev.sluice.journal.core.queue.Deadlines;
import dev.sluice.journal.core.queue.DueIndex;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the journal keeps in memory of unfinished jobs: the due index, the claims and the deadlines. It follows the store: it
 * changes only after a write succeeded, and only on the thread of the jobs' writer (but for the time before that begins).
 * Whether a claim holds may be asked, and a response noted, from any thread.
 */
final class WorkingSet {

    private final JournalClock clock;
    private final LongSupplier leases;
    private final Tails tails;
    private final Consumer<BodyName> unused;
    private final DueIndex index = new DueIndex();
    private final Deadlines deadlines = new Deadlines();
    private final Map<JobId, LeasedJob> running = new ConcurrentHashMap<>();
    private final Map<Holder, Set<BodyName>> received = new ConcurrentHashMap<>();
    private long order;
    private long firstExpiry = Long.MAX_VALUE; // no lease runs out before

    /** Whose claim it is. */
    private record Holder(JobId id, long fence) {
        static Holder of(Job claimed) {
            return new Holder(claimed.id(), claimed.fence());
        }
    }

    private static final class LeasedJob {

        private volatile JobHead head;
        private volatile long until;

        LeasedJob(JobHead head, long until) {
            this.head = head;
            this.until = until;
        }

        boolean isOf(Job job) {
            return head.job().fence() == job.fence();
        }
    }

    /**
     * Begins empty.
     *
     * @param leases nanoseconds from zero by which leases run out, see {@link dev.sluice.journal.core.LeaseTime}
     * @param unused removes a response whose claim ended without it
     */
    WorkingSet(JournalClock clock, LongSupplier leases, Tails tails, Consumer<BodyName> unused) {
        this.clock = clock;
        this.leases = leases;
        this.tails = tails;
        this.unused = unused;
        // Rises across restarts too, as long as fewer than a million jobs a millisecond are accepted.
        this.order = clock.millis() << 20;
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
    JobHead running(JobId id) {
        LeasedJob claimed = running.get(id);
        return claimed == null ? null : claimed.head;
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
    void claimed(StagedMove start, Duration lease) {
        JobHead head = start.after();
        long until = leases.getAsLong() + lease.toNanos();
        running.put(head.job().id(), new LeasedJob(head, until));
        expiresAt(until);
        index.started(head.job().route());
        tails.publish(start.step().event());
    }

    /** A move other than a claim was written; with the response that became the result, if one did. */
    void moved(StagedMove moved, @Nullable ReceivedResponse response) {
        Decision.Step step = moved.step();
        Job after = step.after();
        if (step.running() < 0) {
            running.remove(after.id());
            index.ended(after.route());
            endReception(Holder.of(step.before()), response);
        } else {
            LeasedJob claimed = running.get(after.id());
            if (claimed != null) {
                claimed.head = moved.after();
            }
        }
        if (step.leavesQueue()) {
            index.remove(after.id());
        } else if (step.entersQueue()) {
            index.add(after, clock.millis());
        }
        if (step.ends()) {
            deadlines.remove(after);
        }
        tails.publish(step.event());
    }

    /** Extends the lease of a claim; false if it does not hold. */
    boolean renew(Job job, Duration lease) {
        LeasedJob claimed = running.get(job.id());
        if (claimed == null || !holds(claimed, job)) {
            return false;
        }
        claimed.until = leases.getAsLong() + lease.toNanos();
        expiresAt(claimed.until);
        return true;
    }

    /** Whether the claim that a job was handed out with still holds; for any thread. */
    boolean holds(Job job) {
        LeasedJob claimed = running.get(job.id());
        return claimed != null && holds(claimed, job);
    }

    /** Notes a response in pieces that goes with its claim from now on; false if that does not hold. For any thread. */
    boolean receive(Job claimed, BodyName response) {
        Holder holder = Holder.of(claimed);
        received.merge(
                holder,
                Set.of(response),
                WorkingSet::union); // before it is asked: who ends the claim looks here afterwards
        return holds(claimed) || !isTakenBack(holder, response);
    }

    /** Takes back the note of a response; false if whoever ended the claim has done so. */
    private boolean isTakenBack(Holder holder, BodyName response) {
        AtomicBoolean noted = new AtomicBoolean();
        received.computeIfPresent(holder, (same, names) -> {
            Set<BodyName> others = new HashSet<>(names);
            noted.set(others.remove(response));
            return others.isEmpty() ? null : others;
        });
        return noted.get();
    }

    private static Set<BodyName> union(Set<BodyName> some, Set<BodyName> more) {
        Set<BodyName> all = new HashSet<>(some);
        all.addAll(more);
        return all;
    }

    /** Gives each claim that much more time. */
    void extendLeases(long nanos) {
        for (LeasedJob claimed : running.values()) {
            long until = claimed.until; // changed by this thread only
            claimed.until = until + nanos;
        }
    }

    /** The claims whose lease ran out; costs nothing as long as none can have. */
    List<JobHead> expired() {
        long now = leases.getAsLong();
        if (now < firstExpiry) {
            return List.of();
        }
        firstExpiry = Long.MAX_VALUE;
        List<JobHead> expired = new ArrayList<>();
        for (LeasedJob claimed : running.values()) {
            if (claimed.until <= now) {
                expired.add(claimed.head);
            }
            expiresAt(claimed.until);
        }
        return expired;
    }

    private boolean holds(LeasedJob claimed, Job job) {
        return claimed.isOf(job) && claimed.until > leases.getAsLong();
    }

    private void endReception(Holder holder, @Nullable ReceivedResponse response) {
        for (BodyName name : Objects.requireNonNullElse(received.remove(holder), Set.<BodyName>of())) {
            if (response == null || !response.name().equals(name)) {
                unused.accept(name);
            }
        }
    }

    private void expiresAt(long until) {
        firstExpiry = Math.min(firstExpiry, until);
    }
}
