package dev.sluice.journal.embedded;

import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Health;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.core.GroupCommitter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * The single writer of a store: its lane takes all waiting changes, stages them into one group, writes it, syncs once
 * and completes them.
 *
 * <p>After a failed write nothing is acknowledged until the store has recovered and the group in doubt was rolled back,
 * which is tried once a second. Changes submitted meanwhile fail at once.
 */
final class Writer implements GroupCommitter.Carrier<Change>, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Writer.class);
    private static final int GROUP_CHANGES = 1024;
    private static final long RECOVERY_PAUSE = TimeUnit.SECONDS.toNanos(1);
    private static final long STALL = TimeUnit.SECONDS.toNanos(1);
    private static final Health UP = new Health(true, "writable");

    private final Store store;
    private final WorkingSet working;
    private final FollowUps followUps;
    private final EmbeddedJournalMeters meters;
    private final GroupCommitter<Change> lane;
    private volatile Health health = UP;
    private volatile @Nullable CommitGroup doubtful;
    private List<Change> inDoubt = List.of(); // of that group
    private final AtomicReference<@Nullable StandingChange> standing = new AtomicReference<>();
    private final AtomicLong requeues = new AtomicLong(); // groups in which a job enters the queue again
    private volatile long looked; // how many of them the last claim knows
    private final AtomicInteger recoveries = new AtomicInteger();
    private long recoverAt;

    /**
     * Creates a writer that writes nothing before {@link #start}.
     *
     * @param groupWeight the approximate limit of a group in bytes
     * @param followUps what ends of jobs cause
     */
    Writer(
            String name,
            long groupWeight,
            Store store,
            WorkingSet working,
            FollowUps followUps,
            EmbeddedJournalMeters meters) {
        this.store = store;
        this.working = working;
        this.followUps = followUps;
        this.meters = meters;
        this.lane = new GroupCommitter<>(name, 1, GROUP_CHANGES, groupWeight, this);
    }

    void start() {
        lane.start();
    }

    /** Submits a change without blocking; thread-safe. Its outcome is signalled on the lane's thread. */
    void submit(Change change) {
        lane.submit(change);
    }

    /** Returns the outcome of a change, which is created with its sink and submitted on subscription. */
    <T> Mono<T> change(Function<MonoSink<T>, Change> creating) {
        return Mono.create(sink -> submit(creating.apply(sink)));
    }

    /** Lets a claim stand, in place of one before it, unless a job has entered the queue since the last claim. Thread-safe. */
    void stand(StandingChange claim) {
        standing.set(claim);
        if (requeues.get() != looked
                && withdraw(claim)) { // read afterwards, as they are counted before the writer looks for it
            claim.leave();
        }
    }

    /** Notes that a claim takes what was in the queue before this group. */
    void looked() {
        looked = requeues.get();
    }

    /** Takes a claim back; false if it no longer stands. Thread-safe. */
    boolean withdraw(StandingChange claim) {
        return standing.compareAndSet(claim, null);
    }

    Health health() {
        return health;
    }

    /**
     * Returns the group in doubt, of which it is unknown whether it was written and which readers must ignore; null if
     * there is none. Thread-safe.
     */
    @Nullable
    CommitGroup unsettled() {
        return doubtful;
    }

    /** Returns the number of recoveries: data read before a recovery may have been rolled back. Thread-safe. */
    int recoveries() {
        return recoveries.get();
    }

    /** Writes the waiting changes, then stops. Blocks until that is done. */
    @Override
    public void close() {
        lane.close();
    }

    @Override
    public void carry(List<Change> changes) {
        long begin = System.nanoTime();
        if (health.up() || recover()) {
            commit(changes, begin);
        } else {
            commitWithoutWriting(changes);
        }
        stalled(begin);
    }

    @Override
    public long idle() {
        if (health.up()) {
            return Long.MAX_VALUE;
        }
        long begin = System.nanoTime();
        boolean recovered = recover();
        stalled(begin);
        return recovered ? Long.MAX_VALUE : RECOVERY_PAUSE;
    }

    @Override
    public void mistake(Throwable error) {
        meters.mistaken();
    }

    private void commit(List<Change> changes, long begin) {
        CommitGroup group = new CommitGroup(store, working, followUps);
        List<Change> staged = stage(changes, group);
        try {
            group.write();
        } catch (JournalUnavailableException e) {
            failed(group, staged, e);
            return;
        } finally {
            group.close();
        }
        meters.committed(staged.size(), group.synced(), System.nanoTime() - begin);
        group.caused().forEach(job -> working.accepted(job, group.starts(job.id())));
        staged.forEach(this::complete);
    }

    private void commitWithoutWriting(List<Change> changes) {
        JournalUnavailableException away = new JournalUnavailableException(health.detail(), null);
        for (Change change : changes) {
            if (change.writes()) {
                fail(change, away);
            } else {
                complete(change);
            }
        }
    }

    private List<Change> stage(List<Change> changes, CommitGroup group) {
        List<Change> staged = new ArrayList<>(changes.size());
        changes.forEach(change -> stage(change, group, staged));
        if (!group.requeued().isEmpty()) {
            requeues.incrementAndGet();
        }
        StandingChange claim = standing.get();
        if (claim != null && claim.concerns(group) && withdraw(claim)) {
            stage(claim, group, staged);
        }
        return staged;
    }

    private void stage(Change change, CommitGroup group, List<Change> staged) {
        try {
            change.stage(group);
            staged.add(change);
        } catch (RuntimeException e) {
            fail(change, e); // rejected by the change itself, or its data cannot be read
        }
    }

    private void fail(Change change, Throwable error) {
        tell(() -> change.failed(error));
    }

    /** Errors of the callback are contained: the writer thread must go on. */
    private void tell(Runnable failure) {
        try {
            failure.run();
        } catch (RuntimeException e) {
            log.error("Telling a change that it failed has failed", e);
            meters.mistaken();
        }
    }

    private void complete(Change change) {
        try {
            change.committed();
        } catch (RuntimeException e) {
            // The write stands: an error of one callback must not affect the next.
            log.error("A change was written, but telling of it failed", e);
            meters.mistaken();
        }
    }

    private void failed(CommitGroup group, List<Change> staged, JournalUnavailableException error) {
        doubtful = group;
        recoverAt = System.nanoTime() + RECOVERY_PAUSE;
        health = new Health(false, String.valueOf(error.getMessage()));
        meters.writeFailed();
        log.error("The journal {}; refusing until it can write again", health.detail());
        inDoubt = staged;
        staged.forEach(change -> tell(() -> change.inDoubt(error)));
    }

    /** Recovers the store and rolls back the group in doubt, at most once a second; returns whether it can write. */
    private boolean recover() {
        if (System.nanoTime() - recoverAt < 0) {
            return false;
        }
        try {
            store.recover();
            recoveries.incrementAndGet();
            settle();
        } catch (JournalUnavailableException e) {
            health = new Health(false, String.valueOf(e.getMessage()));
            return false;
        } finally {
            recoverAt = System.nanoTime() + RECOVERY_PAUSE;
        }
        log.warn("The journal can write again");
        health = UP;
        return true;
    }

    private void settle() {
        CommitGroup group = doubtful;
        if (group != null) {
            group.rollBack();
            doubtful = null;
            inDoubt.forEach(change -> tell(change::rolledBack));
            inDoubt = List.of();
        }
    }

    /** Leases could not be renewed while the disk was stalled. */
    private void stalled(long begin) {
        long took = System.nanoTime() - begin;
        if (took > STALL) {
            working.extendLeases(took);
        }
    }
}
