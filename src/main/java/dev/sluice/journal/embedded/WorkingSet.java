package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.ClaimedRequests;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.Tails;
import dev.sluice.journal.core.queue.Deadlines;
import dev.sluice.journal.core.queue.DueIndex;
import dev.sluice.journal.core.queue.ParkedIndex;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
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
 * The state of unfinished jobs in memory: the due index, the claims and the deadlines. It follows the store: it changes
 * only after a write succeeded, and only on the thread of the main writer (and before that starts). Checking a claim
 * and registering a response are thread-safe.
 */
final class WorkingSet {

    private final JournalClock clock;
    private final LongSupplier leases;
    private final Tails tails;
    private final Consumer<BodyName> unused;
    private final DueIndex index = new DueIndex();
    private final Deadlines deadlines = new Deadlines();
    private final ParkedIndex parked = new ParkedIndex();
    private final GroupLedger groups = new GroupLedger();
    private final Map<JobId, LeasedJob> running = new ConcurrentHashMap<>();
    private final Map<Holder, Set<BodyName>> received = new ConcurrentHashMap<>();
    private final ClaimedRequests requests = new ClaimedRequests();
    private final Map<JobId, BodyName> answers = new HashMap<>(); // in pieces, and not decided on
    private long order;
    private long firstExpiry = Long.MAX_VALUE; // no lease expires before

    /** Identifies a claim. */
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
     * Creates an empty working set.
     *
     * @param leases the time in nanoseconds by which leases expire, see {@link dev.sluice.journal.core.LeaseTime}
     * @param unused discards a response whose claim ended without it
     */
    WorkingSet(JournalClock clock, LongSupplier leases, Tails tails, Consumer<BodyName> unused) {
        this.clock = clock;
        this.leases = leases;
        this.tails = tails;
        this.unused = unused;
        // Increases across restarts, as long as fewer than a million jobs per millisecond are accepted.
        this.order = clock.millis() << 20;
    }

    DueIndex index() {
        return index;
    }

    Deadlines deadlines() {
        return deadlines;
    }

    ParkedIndex parked() {
        return parked;
    }

    GroupLedger groups() {
        return groups;
    }

    /** Returns the requests of jobs that were started as they were accepted. Thread-safe. */
    ClaimedRequests requests() {
        return requests;
    }

    /** Returns the current position of a job in its queue. Thread-safe. */
    long position(Job job) {
        return job.state() == JobState.QUEUED ? index.position(job.id(), clock.millis()) : 0;
    }

    /** Returns the current time in milliseconds, the precision that is stored. */
    Instant now() {
        return Instant.ofEpochMilli(clock.millis());
    }

    /** Returns the time up to which expired jobs may be erased. */
    Instant erasable() {
        return clock.erasable();
    }

    /** Advances the clock beyond the newest stored job. */
    void startFrom(Instant newest) {
        clock.startFrom(newest.plusMillis(1));
        order = Math.max(order, clock.millis() << 20);
    }

    long nextOrder() {
        return ++order;
    }

    /** Returns the head of a claimed job, which is newer than the stored one while a response is streamed. Thread-safe. */
    @Nullable
    JobHead running(JobId id) {
        LeasedJob claimed = running.get(id);
        return claimed == null ? null : claimed.head;
    }

    /** Adds a job found at start, which waits or is parked. {@link #restored} follows the last one. */
    void restore(Job job) {
        order = Math.max(order, job.order());
        if (job.parked()) {
            parked.put(job);
            index.awaiting(job.route(), 1);
        } else {
            index.restore(job, clock.millis());
        }
        index.clients().begun(job);
        deadlines.add(job);
    }

    /** All jobs found at start are added. */
    void restored() {
        index.restored();
    }

    /** Adds the answer of a job found at start, in pieces. */
    void restoreAnswer(BodyName answer) {
        answers.put(answer.job(), answer);
    }

    /**
     * A new job was written.
     *
     * @param started whether its start was written with it, so that it does not wait
     */
    void accepted(Job job, boolean started) {
        if (!started) {
            index.add(job, clock.millis());
        }
        index.clients().begun(job);
        deadlines.add(job);
        tails.publish(job.accepted());
    }

    /** A claim was written, of a waiting job or of a parked one. */
    void claimed(StagedMove start, Duration lease) {
        JobHead head = start.after();
        long until = leases.getAsLong() + lease.toNanos();
        running.put(head.job().id(), new LeasedJob(head, until));
        expiresAt(until);
        count(start.step());
        deadlines.moved(start.step().before(), head.job());
        if (start.step().event() != null) {
            tails.publish(start.step().event());
        }
    }

    /** A move other than a claim was written, with the response that became the result, if any. */
    void moved(StagedMove moved, @Nullable ReceivedResponse response) {
        Decision.Step step = moved.step();
        Job after = step.after();
        count(step);
        if (step.endsClaim()) {
            running.remove(after.id());
            requests.evict(after.id());
            endReception(Holder.of(step.before()), response);
        } else {
            LeasedJob claimed = running.get(after.id());
            if (claimed != null) {
                claimed.head = moved.after();
            }
        }
        if (JobHead.isAnswered(after)) {
            if (response != null && response.body().pieces() > 0) {
                answers.put(after.id(), response.name());
            }
        } else if (JobHead.isAnswered(step.before())) {
            endAnswer(answers.remove(after.id()), response);
        }
        if (after.parked()) {
            parked.put(after);
        } else if (step.before().parked()) {
            parked.remove(after.id());
        }
        if (step.leavesQueue()) {
            index.remove(after.id());
        } else if (step.entersQueue()) {
            index.add(after, clock.millis());
        }
        if (step.ends()) {
            index.clients().ended(after);
        }
        deadlines.moved(step.before(), after);
        if (step.event() != null) {
            tails.publish(step.event());
        }
    }

    private void count(Decision.Step step) {
        if (step.running() != 0) {
            index.running(step.after().route(), step.running());
        }
        if (step.awaiting() != 0) {
            index.awaiting(step.after().route(), step.awaiting());
        }
    }

    /** Output of a claimed job was written. */
    void emitted(JobHead after, List<JobEvent.Emitted> events) {
        LeasedJob claimed = running.get(after.job().id());
        if (claimed != null) {
            claimed.head = after;
        }
        events.forEach(tails::publish);
    }

    /** Extends the lease of a claim; false if the claim is not valid. */
    boolean renew(Job job, Duration lease) {
        LeasedJob claimed = running.get(job.id());
        if (claimed == null || !holds(claimed, job)) {
            return false;
        }
        claimed.until = leases.getAsLong() + lease.toNanos();
        expiresAt(claimed.until);
        return true;
    }

    /** Whether the claim of a job is still valid. Thread-safe. */
    boolean holds(Job job) {
        LeasedJob claimed = running.get(job.id());
        return claimed != null && holds(claimed, job);
    }

    /**
     * Registers a response in pieces, which is discarded with its claim from now on; false if the claim is not valid.
     * Thread-safe.
     */
    boolean receive(Job claimed, BodyName response) {
        Holder holder = Holder.of(claimed);
        received.merge(
                holder,
                Set.of(response),
                WorkingSet::union); // registered before the check: ending the claim reads this afterwards
        return holds(claimed) || !isUnregistered(holder, response);
    }

    /** Unregisters a response; false if the end of the claim has already done so. */
    private boolean isUnregistered(Holder holder, BodyName response) {
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

    /** Extends all leases by this duration. */
    void extendLeases(long nanos) {
        for (LeasedJob claimed : running.values()) {
            long until = claimed.until; // modified by this thread only
            claimed.until = until + nanos;
        }
    }

    /** Returns the claims whose lease has expired; costs nothing as long as none can have. */
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

    private void endAnswer(@Nullable BodyName answer, @Nullable ReceivedResponse response) {
        if (answer != null && (response == null || !response.name().equals(answer))) {
            unused.accept(answer);
        }
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
