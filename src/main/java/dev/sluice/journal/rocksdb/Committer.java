package dev.sluice.journal.rocksdb;

import dev.sluice.journal.Health;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.util.concurrent.Queues;

/**
 * Group commit: one thread takes every change that waits, stages all of them into one batch, writes it, syncs once and
 * completes them all. While it syncs, the next group gathers, so groups grow with the load and a sync is shared by as many
 * as came meanwhile.
 *
 * <p>After a failed write nothing is acknowledged any more until the database was opened anew and a write went through;
 * this is tried once a second. Changes that come meanwhile fail at once.
 */
final class Committer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Committer.class);

    private static final int GROUP_CHANGES = 1024;
    private static final long GROUP_WEIGHT = 8L << 20;
    private static final int WAITING_CHANGES = 32 * 1024;
    private static final long WAITING_WEIGHT = 64L << 20;
    private static final long RECOVERY_PAUSE = TimeUnit.SECONDS.toNanos(1);
    private static final Health UP = new Health(true, "writable");

    private final Store store;
    private final WorkingSet working;
    private final JournalMeters meters;
    private final Thread thread;
    private final Queue<Change> waiting =
            Queues.<Change>unboundedMultiproducer().get(); // bounded by the two counts
    private final AtomicInteger waitingChanges = new AtomicInteger();
    private final AtomicLong waitingWeight = new AtomicLong();
    private volatile boolean asleep;
    private volatile boolean closed;
    private volatile Health health = UP;
    private @Nullable Batch doubtful; // the batch whose write failed: whether it reached the disk is unknown
    private long recoverAt;

    Committer(Store store, WorkingSet working, JournalMeters meters) {
        this.store = store;
        this.working = working;
        this.meters = meters;
        this.thread = new Thread(this::run, "sluice-journal-writer");
    }

    void start() {
        thread.start();
    }

    /** Hands over a change, from any thread, without ever blocking; its outcome comes on the committer's thread. */
    void submit(Change change) {
        if (closed) {
            fail(change, new IllegalStateException("the journal is closed"));
            return;
        }
        int weight = change.weight();
        if (change.refusable()
                && (waitingChanges.get() >= WAITING_CHANGES || waitingWeight.get() + weight > WAITING_WEIGHT)) {
            fail(change, new JournalOverloadedException());
            return;
        }
        waitingChanges.incrementAndGet();
        waitingWeight.addAndGet(weight);
        waiting.add(change);
        if (asleep) {
            LockSupport.unpark(thread);
        }
        if (closed && !thread.isAlive()) {
            refuseWaiting();
        }
    }

    Health health() {
        return health;
    }

    /** Writes what waits, then ends. Blocks until that is done. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true; // giving up now could close the database under a write
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        refuseWaiting();
        if (doubtful != null) {
            doubtful.close();
            doubtful = null;
        }
    }

    /** Tells those who came while the last group was written. Only after the thread has ended: there is one taker. */
    private synchronized void refuseWaiting() {
        for (Change change = waiting.poll(); change != null; change = waiting.poll()) {
            fail(change, new IllegalStateException("the journal is closed"));
        }
    }

    private void run() {
        List<Change> group = new ArrayList<>(GROUP_CHANGES);
        while (take(group)) {
            try {
                commit(group);
            } catch (RuntimeException | Error e) {
                // A mistake of ours must not end the only thread that writes; those who wait are told.
                log.error("The journal's writer met an unexpected error", e);
                meters.writerErrors();
                group.forEach(change -> fail(change, e));
            }
            group.clear();
        }
    }

    /** Waits for changes and takes those of one group; false when closed and nothing is left. */
    private boolean take(List<Change> group) {
        long weight = 0;
        while (group.isEmpty()) {
            Change change = waiting.poll();
            if (change == null) {
                if (closed && waitingChanges.get() == 0) {
                    return false;
                }
                sleep();
                continue;
            }
            while (change != null) {
                group.add(change);
                weight += change.weight();
                change = group.size() < GROUP_CHANGES && weight < GROUP_WEIGHT ? waiting.poll() : null;
            }
        }
        waitingChanges.addAndGet(-group.size());
        waitingWeight.addAndGet(-weight);
        return true;
    }

    private void sleep() {
        asleep = true;
        if (waiting.isEmpty() && !(closed && waitingChanges.get() == 0)) {
            if (doubtful == null && health.up()) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, RECOVERY_PAUSE);
                recover();
            }
        }
        asleep = false;
    }

    private void commit(List<Change> group) {
        if (!health.up() && !recover()) {
            JournalUnavailableException error = new JournalUnavailableException(health.detail(), null);
            group.forEach(change -> fail(change, error));
            return;
        }
        long begin = System.nanoTime();
        Batch batch = new Batch(store, working);
        List<Change> staged = stage(group, batch);
        try {
            batch.write();
        } catch (RocksDBException e) {
            failed(batch, staged, e);
            return;
        }
        boolean synced = batch.synced();
        batch.close();
        meters.committed(staged.size(), synced, System.nanoTime() - begin);
        for (Change change : staged) {
            complete(change);
        }
    }

    private List<Change> stage(List<Change> group, Batch batch) {
        List<Change> staged = new ArrayList<>(group.size());
        for (Change change : group) {
            try {
                change.stage(batch);
                staged.add(change);
            } catch (RocksDBException e) {
                log.error("The journal cannot read: {}", e.getMessage());
                fail(change, new JournalUnavailableException("cannot read", e));
            } catch (RuntimeException e) {
                fail(change, e); // refused by the change itself: a stale claim, an illegal move
            }
        }
        return staged;
    }

    /** Whatever becomes of telling it: the only thread that writes must go on. */
    private void fail(Change change, Throwable error) {
        try {
            change.failed(error);
        } catch (RuntimeException e) {
            log.error("Telling a change that it failed has failed", e);
            meters.writerErrors();
        }
    }

    private void complete(Change change) {
        try {
            change.committed();
        } catch (RuntimeException e) {
            // What is written is written: an error of a listener is not the next one's.
            log.error("A change was written, but telling of it failed", e);
            meters.writerErrors();
        }
    }

    private void failed(Batch batch, List<Change> staged, RocksDBException cause) {
        doubtful = batch;
        recoverAt = System.nanoTime() + RECOVERY_PAUSE;
        health = new Health(false, Diagnosis.ofWriting(cause));
        meters.writeFailed();
        log.error("The journal {}; refusing until it can write again", health.detail());
        JournalUnavailableException error = new JournalUnavailableException(health.detail(), cause);
        staged.forEach(change -> fail(change, error));
    }

    /** Opens the database anew and takes back the doubtful batch, at most once a second; says whether it can write. */
    private boolean recover() {
        if (System.nanoTime() - recoverAt < 0) {
            return false;
        }
        recoverAt = System.nanoTime() + RECOVERY_PAUSE;
        try {
            store.reopen();
            if (doubtful != null) {
                doubtful.takeBack();
                doubtful.close();
                doubtful = null;
            }
        } catch (RocksDBException e) {
            health = new Health(false, Diagnosis.ofWriting(e));
            return false;
        }
        working.extendLeases(); // nobody could renew meanwhile
        log.warn("The journal can write again");
        health = UP;
        return true;
    }
}
