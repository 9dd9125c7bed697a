package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.locks.Lock;
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

/**
 * A store in files. Whoever uses the database holds a shared lock, because a handle used after it was closed brings the
 * whole process down; what closes it holds the lock alone.
 */
final class RocksStore implements Store {

    private final Path path;
    private final RocksKind kind;
    private final RocksSettings settings;
    private final Watermark watermark;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Object writing = new Object();
    private @Nullable RocksDatabase database;
    private boolean broken; // since a write that failed; guarded by writing

    private RocksStore(Path path, RocksKind kind, Cache cache, Watermark watermark) {
        this.path = path;
        this.kind = kind;
        this.watermark = watermark;
        this.settings = new RocksSettings(kind, cache);
    }

    /**
     * Opens a store, making it if the directory holds none. The directory must be there.
     *
     * @throws JournalUnavailableException if it cannot be opened; the message says what to do, and nothing was changed
     */
    static RocksStore open(Path path, RocksKind kind, Cache cache) {
        Watermark watermark = null;
        RocksStore store = null;
        try {
            watermark = new Watermark(path);
            if (!watermark.lock()) {
                throw Diagnosis.ofLock(path);
            }
            boolean existing = Integrity.isStore(path);
            long found = existing ? new Integrity(path, mark(path, watermark)).check() : 0;
            store = new RocksStore(path, kind, cache, watermark);
            store.database = RocksDatabase.open(path, kind, store.settings, !existing);
            watermark.opened(found);
            return store;
        } catch (RocksDBException e) {
            throw abandoned(store, watermark, Diagnosis.ofOpening(path, e));
        } catch (IOException e) {
            throw abandoned(store, watermark, Diagnosis.ofOpening(path, e));
        } catch (RuntimeException e) {
            throw abandoned(store, watermark, e);
        }
    }

    @Override
    public byte @Nullable [] get(Table table, byte[] key) {
        lock.readLock().lock();
        try {
            RocksDatabase open = database();
            return open.db().get(open.table(table), key);
        } catch (RocksDBException e) {
            throw Diagnosis.ofReading(e);
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
            throw Diagnosis.ofReading(e);
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
            open.db().write(settings.ofWrites(sync), batch.writes());
            if (broken) {
                watermark.broken(open.db().getLatestSequenceNumber());
                broken = false;
            }
            if (sync) {
                watermark.synced(open.db().getLatestSequenceNumber());
            }
        } catch (RocksDBException e) {
            broken = true;
            throw Diagnosis.ofWriting(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void recover() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Space space() {
        return Space.NORMAL;
    }

    @Override
    public @Nullable String damage() {
        return null;
    }

    @Override
    public void sweep(Instant now) {}

    @Override
    public void close() {
        lock.writeLock().lock();
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
            lock.writeLock().unlock();
        }
    }

    private RocksDatabase database() {
        if (database == null) {
            throw new JournalUnavailableException("the database is closed", null);
        }
        return database;
    }

    private static Watermark.Mark mark(Path path, Watermark watermark) throws IOException {
        Watermark.Mark mark = watermark.read();
        if (mark == null) {
            throw Diagnosis.ofDamage(
                    path,
                    "the file " + Watermark.NAME + " is damaged, which tells how far the log was written."
                            + " If it is the only one, remove it to start without that check.");
        }
        return mark;
    }

    private static RuntimeException abandoned(
            @Nullable RocksStore store, @Nullable Watermark watermark, RuntimeException reason) {
        try {
            if (store != null) {
                store.close();
            }
            if (watermark != null) {
                watermark.discard();
            }
        } catch (IOException | RuntimeException e) {
            reason.addSuppressed(e);
        }
        return reason;
    }
}
