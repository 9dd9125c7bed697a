package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store in RocksDB. Users of the database hold a shared lock, because using a closed handle crashes the process;
 * closing takes the exclusive lock.
 */
final class RocksStore implements Store {

    private static final Logger log = LoggerFactory.getLogger(RocksStore.class);
    private static final long READ_AHEAD = 1 << 20; // bytes
    private static final byte[] PROBE = {'p', 'r', 'o', 'b', 'e'};

    private final RocksDirectory directory;
    private final RocksWrites writes;
    private final DiskSpace disk;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Sweep sweep = new Sweep();
    private final Sweeper sweeper;
    private final Scrub scrub;
    private volatile @Nullable String damage;
    private @Nullable RocksDatabase database;

    /** Creates a store that is not open yet. */
    RocksStore(RocksDirectory directory, DiskSpace disk) {
        this.directory = directory;
        this.disk = disk;
        this.writes = new RocksWrites(directory.settings(), directory.watermark(), disk);
        this.sweeper = new Sweeper(this, directory.kind(), sweep, disk);
        this.scrub = new Scrub(directory.path(), this::files, this::damaged);
    }

    /** As {@link RocksDirectory#open}. */
    void open(long times, boolean pending) {
        try {
            database = directory.open(times, pending);
            scrub.start();
        } catch (RocksDBException e) {
            throw Diagnosis.ofOpening(directory.path(), e);
        } catch (IOException e) {
            throw Diagnosis.ofOpening(directory.path(), e);
        }
    }

    @Override
    public byte @Nullable [] get(Table table, byte[] key) {
        lock.readLock().lock();
        try {
            RocksDatabase open = database();
            return open.db().get(open.table(table), key);
        } catch (RocksDBException e) {
            throw unreadable(e);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void scan(Table table, byte[] from, byte @Nullable [] to, Row row) {
        try (ReadOptions read = new ReadOptions();
                Slice end = new Slice(to == null ? new byte[0] : to)) {
            if (to != null) {
                read.setIterateUpperBound(end);
            }
            scan(table, from, read, row);
        }
    }

    @Override
    public void scanAll(Table table, Row row) {
        try (ReadOptions read = new ReadOptions().setFillCache(false).setReadaheadSize(READ_AHEAD)) {
            scan(table, new byte[0], read, row);
        }
    }

    private void scan(Table table, byte[] from, ReadOptions read, Row row) {
        lock.readLock().lock();
        try {
            RocksDatabase open = database();
            try (RocksIterator rows = open.db().newIterator(open.table(table), read)) {
                rows.seek(from);
                while (rows.isValid() && row.take(rows.key(), rows.value())) {
                    rows.next();
                }
                rows.status();
            }
        } catch (RocksDBException e) {
            throw unreadable(e);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public Cursor descending(Table table, byte[] from, byte @Nullable [] to) {
        Lock held = lock.readLock();
        held.lock();
        try {
            RocksDatabase open = database();
            return new RocksCursor(open.db(), open.table(table), from, to, held::unlock);
        } catch (RuntimeException e) {
            held.unlock();
            throw e;
        }
    }

    @Override
    public Batch batch() {
        return new RocksBatch(this);
    }

    /** Passes the handle that a batch needs, valid only during the call. */
    void adding(Table table, Consumer<ColumnFamilyHandle> addition) {
        lock.readLock().lock();
        try {
            addition.accept(database().table(table));
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void write(Batch batch, boolean sync) {
        lock.readLock().lock();
        try {
            writes.write(database(), (RocksBatch) batch, sync);
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>The database is reopened, which blocks readers, only if RocksDB does not recover by itself.
     */
    @Override
    public void recover() {
        if (disk.spare() < 0) {
            disk.full();
        }
        if (writes.needReopening()) {
            reopen();
        }
        try (RocksBatch probe = new RocksBatch(this)) {
            probe.delete(Table.META, PROBE);
            write(probe, true);
        }
    }

    private void reopen() {
        lockAlone();
        try {
            if (database != null) {
                database.close();
                database = null;
            }
            database = directory.openAgain();
            writes.reopened();
        } catch (RocksDBException e) {
            database = directory.openToRead();
            throw Diagnosis.ofWriting(e);
        } catch (IOException e) {
            database = directory.openToRead();
            throw Diagnosis.ofWriting(new RocksDBException(e.toString()));
        } finally {
            unlock();
        }
    }

    @Override
    public Space space() {
        return disk.space();
    }

    @Override
    public @Nullable String damage() {
        return damage;
    }

    /** Reads all files once and records damaged ones. */
    void scrub() throws RocksDBException {
        scrub.readAll();
    }

    private void damaged(String what) {
        if (damage == null) {
            damage = what + " " + Diagnosis.RESTORE;
        }
        log.error("In the journal {}", what);
    }

    private List<String> files() throws RocksDBException {
        lock.readLock().lock();
        try {
            return database().db().getLiveFiles(false).files.stream()
                    .map(file -> file.substring(file.lastIndexOf('/') + 1))
                    .toList();
        } finally {
            lock.readLock().unlock();
        }
    }

    private JournalUnavailableException unreadable(RocksDBException error) {
        JournalUnavailableException unreadable = Diagnosis.ofReading(error);
        if (Diagnosis.isDamage(error)) {
            damaged(String.valueOf(unreadable.getMessage()));
        }
        return unreadable;
    }

    /** Records that there is something to sweep. */
    void deleted() {
        sweeper.deleted();
    }

    @Override
    public void sweep(Instant now) {
        try {
            sweeper.sweep(now);
        } catch (RocksDBException e) {
            throw Diagnosis.ofSweeping(e);
        } catch (IOException e) {
            throw Diagnosis.ofSweeping(new RocksDBException(e.toString()));
        }
    }

    Path directory() {
        return directory.path();
    }

    /** Rewrites live rows into new files; returns their size in bytes. */
    long rewrite(Table table, List<byte[]> keys) throws RocksDBException {
        lock.readLock().lock();
        try (RocksBatch batch = new RocksBatch(this)) {
            return writes.rewrite(database(), table, keys, batch);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** An operation on the open database. */
    @FunctionalInterface
    interface Use<T> {
        T of(RocksDatabase open) throws RocksDBException, IOException;
    }

    <T> T using(Use<T> use) throws RocksDBException, IOException {
        lock.readLock().lock();
        try {
            sweep.check();
            return use.of(database());
        } finally {
            lock.readLock().unlock();
        }
    }

    private void lockAlone() {
        sweep.stop();
        lock.writeLock().lock();
    }

    private void unlock() {
        lock.writeLock().unlock();
        sweep.allow();
    }

    @Override
    public void close() {
        scrub.close();
        lockAlone();
        try {
            if (database != null) {
                database.close();
                database = null;
            }
            directory.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            unlock();
        }
    }

    private RocksDatabase database() {
        if (database == null) {
            throw new JournalUnavailableException("the database is closed", null);
        }
        return database;
    }
}
