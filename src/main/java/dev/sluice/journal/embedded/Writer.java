package dev.sluice.journal.embedded;

import dev.sluice.journal.Health;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.core.GroupCommitter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only one who writes to a store: its lane takes every change that waits, stages all of them into one group, writes it,
 * syncs once and completes them all.
 *
 * <p>After a failed write nothing is acknowledged any more until the store has recovered and what is doubtful was taken
 * back; this is tried once a second. Changes that come meanwhile fail at once.
 */
final class Writer implements GroupCommitter.Carrier<Change>, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Writer.class);
    private static final int GROUP_CHANGES = 1024;
    private static final long RECOVERY_PAUSE = TimeUnit.SECONDS.toNanos(1);
    private static final long STALL = TimeUnit.SECONDS.toNanos(1);
    private static final Health UP = new Health(true, "writable");

    private final Store store;
    private final WorkingSet working;
    private final EmbeddedJournalMeters meters;
    private final GroupCommitter<Change> lane;
    private volatile Health health = UP;
    private volatile @Nullable Group doubtful;
    private final AtomicInteger recoveries = new AtomicInteger();
    private long recoverAt;

    /**
     * Makes one that writes nothing before {@link #start}.
     *
     * @param groupWeight about how many bytes are written together at most
     */
    Writer(String name, long groupWeight, Store store, WorkingSet working, EmbeddedJournalMeters meters) {
        this.store = store;
        this.working = working;
        this.meters = meters;
        this.lane = new GroupCommitter<>(name, 1, GROUP_CHANGES, groupWeight, this);
    }

    void start() {
        lane.start();
    }

    /** Hands over a change, from any thread, without ever blocking; its outcome comes on the lane's thread. */
    void submit(Change change) {
        lane.submit(change);
    }

    Health health() {
        return health;
    }

    /**
     * The group of which it is unknown whether it was written: what it was to change has not happened as far as anyone is
     * told. Null if there is none. For any thread.
     */
    @Nullable
    Group unsettled() {
        return doubtful;
    }

    /** How often it could write again after it could not: what was read before may have been taken back. For any thread. */
    int recoveries() {
        return recoveries.get();
    }

    /** Writes what waits, then ends. Blocks until that is done. */
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
        Group group = new Group(store, working);
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

    private List<Change> stage(List<Change> changes, Group group) {
        List<Change> staged = new ArrayList<>(changes.size());
        for (Change change : changes) {
            try {
                change.stage(group);
                staged.add(change);
            } catch (RuntimeException e) {
                fail(change, e); // refused by the change itself, or what it depends on cannot be read
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
            meters.mistaken();
        }
    }

    private void complete(Change change) {
        try {
            change.committed();
        } catch (RuntimeException e) {
            // What is written is written: an error of a listener is not the next one's.
            log.error("A change was written, but telling of it failed", e);
            meters.mistaken();
        }
    }

    private void failed(Group group, List<Change> staged, JournalUnavailableException error) {
        doubtful = group;
        recoverAt = System.nanoTime() + RECOVERY_PAUSE;
        health = new Health(false, String.valueOf(error.getMessage()));
        meters.writeFailed();
        log.error("The journal {}; refusing until it can write again", health.detail());
        staged.forEach(change -> fail(change, error));
    }

    /** Lets the store recover and takes back the doubtful group, at most once a second; says whether it can write. */
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
        Group group = doubtful;
        if (group != null) {
            group.takeBack();
            doubtful = null;
        }
    }

    /** While the disk stood still nobody could renew a lease. */
    private void stalled(long begin) {
        long took = System.nanoTime() - begin;
        if (took > STALL) {
            working.extendLeases(took);
        }
    }
}
