package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store in files. Whoever uses the database holds a shared lock, because a handle used after it was closed brings the
 * whole process down; what closes it holds the lock alone.
 */
final class RocksStore implements Store {

    private static final Logger log = LoggerFactory.getLogger(RocksStore.class);
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(12);
    private static final long STALL = TimeUnit.SECONDS.toNanos(5);
    private static final long STALL_PAUSE = TimeUnit.MILLISECONDS.toNanos(2);
    private static final byte[] PROBE = {'p', 'r', 'o', 'b', 'e'};

    private final Path path;
    private final RocksKind kind;
    private final RocksSettings settings;
    private final DiskSpace disk;
    private final Watermark watermark;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Object writing = new Object();
    private final Sweep sweep = new Sweep();
    private final Sweeper sweeper;
    private final Scrub scrub;
    private volatile @Nullable String damage;
    private boolean existing;
    private long found; // the highest sequence number, before it was opened
    private @Nullable RocksDatabase database;
    private @Nullable RocksDBException failure; // since the last write that succeeded; guarded by writing
    private long failedAt;

    private RocksStore(Path path, RocksKind kind, Cache cache, DiskSpace disk, Watermark watermark) throws IOException {
        this.path = path;
        this.kind = kind;
        this.disk = disk;
        this.watermark = watermark;
        this.settings = new RocksSettings(kind, cache, DiskSpace.share(path));
        this.sweeper = new Sweeper(this, kind, sweep, disk);
        this.scrub = new Scrub(path, this::files, this::damaged);
    }

    /**
     * Locks a directory, which must be there, and checks what is in it. Nothing is changed before {@link #open}.
     *
     * @throws JournalUnavailableException if it cannot be opened; the message says what to do
     */
    static RocksStore check(Path path, RocksKind kind, Cache cache, DiskSpace disk) {
        Watermark watermark = null;
        try {
            watermark = new Watermark(path);
            if (!watermark.lock()) {
                throw Diagnosis.ofLock(path);
            }
            RocksStore store = new RocksStore(path, kind, cache, disk, watermark);
            try {
                store.check();
                return store;
            } catch (IOException | RocksDBException | RuntimeException e) {
                store.settings.close();
                throw e;
            }
        } catch (RocksDBException e) {
            throw abandoned(watermark, Diagnosis.ofOpening(path, e));
        } catch (IOException e) {
            throw abandoned(watermark, Diagnosis.ofOpening(path, e));
        } catch (RuntimeException e) {
            throw abandoned(watermark, e);
        }
    }

    private void check() throws IOException, RocksDBException {
        Watermark.Mark mark = watermark.read();
        if (mark == null) {
            throw Diagnosis.ofDamage(
                    path,
                    "the file " + Watermark.NAME + " is damaged, which tells how far the log was written. "
                            + Diagnosis.UNCHECKED);
        }
        existing = Integrity.isStore(path);
        if (existing && watermark.isEmpty()) {
            log.warn(
                    "{} in {} is empty: nobody can tell whether all that was acknowledged is there",
                    Watermark.NAME,
                    path);
        }
        found = existing ? new Integrity(path, mark).check() : 0;
    }

    /** Returns whether there was a database. */
    boolean existed() {
        return existing;
    }

    /** Returns whether there was a database without a watermark: of a version that had none, or somebody removed it. */
    boolean isUnmarked() {
        return existing && watermark.isMade();
    }

    Watermark watermark() {
        return watermark;
    }

    /**
     * Opens the database, making it if there is none.
     *
     * @param times how often it was opened, with this time
     * @param pending whether another store has still to be opened with it
     */
    void open(long times, boolean pending) {
        try {
            database = opened(times, pending);
            scrub.start();
        } catch (RocksDBException e) {
            throw Diagnosis.ofOpening(path, e);
        } catch (IOException e) {
            throw Diagnosis.ofOpening(path, e);
        }
    }

    private RocksDatabase opened(long times, boolean pending) throws IOException, RocksDBException {
        RocksDatabase opened = RocksDatabase.open(path, kind, settings, !existing);
        long recovered = opened.db().getLatestSequenceNumber();
        if (recovered < found) {
            opened.close();
            throw Diagnosis.ofDamage(
                    path, "of " + found + " changes in it only " + recovered + " could be read from the log.");
        }
        watermark.opened(found, times, pending);
        return opened;
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
        lock.readLock().lock();
        try (ReadOptions read = new ReadOptions();
                Slice end = new Slice(to == null ? new byte[0] : to)) {
            if (to != null) {
                read.setIterateUpperBound(end);
            }
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

    /** Passes on the handle that a batch needs, which is only good inside. */
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
            RocksDatabase open = database();
            synchronized (writing) { // so that the sequence number read is the one that was synced
                write(open, (RocksBatch) batch, sync);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    private void write(RocksDatabase open, RocksBatch batch, boolean sync) {
        try {
            writeUnlessStalled(open, batch, sync);
            if (failure != null) {
                watermark.broken(open.db().getLatestSequenceNumber());
            }
            if (sync) {
                watermark.synced(open.db().getLatestSequenceNumber());
            }
            failure = null;
        } catch (RocksDBException e) {
            failed(e);
            throw Diagnosis.ofWriting(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** RocksDB stops writers while flushes lag behind, for ever if they fail for want of room: that is bounded here. */
    private void writeUnlessStalled(RocksDatabase open, RocksBatch batch, boolean sync) throws RocksDBException {
        long begin = System.nanoTime();
        while (true) {
            try {
                open.db().write(settings.ofWrites(sync), batch.writes());
                return;
            } catch (RocksDBException e) {
                if (!Diagnosis.isStalled(e) || System.nanoTime() - begin > STALL) {
                    throw e;
                }
                LockSupport.parkNanos(STALL_PAUSE);
            }
        }
    }

    private void failed(RocksDBException error) {
        if (failure == null) {
            failedAt = System.nanoTime();
        }
        failure = error;
        if (Diagnosis.isFull(error) || disk.spare() < 0) {
            disk.full();
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>RocksDB goes on by itself some seconds after there is room again. It is opened anew, for which readers have to
     * wait, only if it does not, or after an error of another kind.
     */
    @Override
    public void recover() {
        if (disk.spare() < 0) {
            disk.full();
        }
        if (needsReopening()) {
            reopen();
        }
        try (RocksBatch probe = new RocksBatch(this)) {
            probe.delete(Table.META, PROBE);
            write(probe, true);
        }
    }

    private boolean needsReopening() {
        synchronized (writing) {
            if (failure == null) {
                return false;
            }
            boolean waits = Diagnosis.isFull(failure) || Diagnosis.isStalled(failure);
            return !waits || (disk.spare() > 0 && System.nanoTime() - failedAt > PATIENCE);
        }
    }

    private void reopen() {
        lockAlone();
        try {
            if (database != null) {
                database.close();
                database = null;
            }
            check();
            database = opened(watermark.mark().times(), false);
            synchronized (writing) {
                failure = null;
            }
        } catch (RocksDBException e) {
            readOnly();
            throw Diagnosis.ofWriting(e);
        } catch (IOException e) {
            readOnly();
            throw Diagnosis.ofWriting(new RocksDBException(e.toString()));
        } finally {
            unlock();
        }
    }

    /** What could not be opened for writing may still be read. */
    private void readOnly() {
        try {
            database = RocksDatabase.openToRead(path, kind, settings);
        } catch (RocksDBException e) {
            log.error("The journal in {} can neither be written nor read: {}", path, e.getMessage());
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

    /** Reads all files once and notes which are damaged. */
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

    /** Notes that something was deleted that a sweep has to remove. */
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
        return path;
    }

    /** Writes rows again that are still there, so that they are in new files; returns how many bytes they have. */
    long rewrite(Table table, List<byte[]> keys) throws RocksDBException {
        long bytes = 0;
        lock.readLock().lock();
        try (RocksBatch batch = new RocksBatch(this)) {
            RocksDatabase open = database();
            synchronized (writing) { // so that nobody deletes them meanwhile
                for (byte[] key : keys) {
                    byte[] value = open.db().get(open.table(table), key);
                    if (value != null) {
                        batch.put(table, key, value);
                        bytes += value.length;
                    }
                }
                write(open, batch, false);
            }
        } finally {
            lock.readLock().unlock();
        }
        return bytes;
    }

    /** Something that is done with the open database. */
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
            settings.close();
            watermark.close();
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

    private static RuntimeException abandoned(@Nullable Watermark watermark, RuntimeException reason) {
        try {
            if (watermark != null) {
                watermark.close();
            }
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
        return reason;
    }
}
