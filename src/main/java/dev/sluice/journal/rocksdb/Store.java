package dev.sluice.journal.rocksdb;

import dev.sluice.journal.JournalUnavailableException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.MutableColumnFamilyOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * One open database and all its native handles. Every method blocks and belongs on a thread made for that. Readers hold a
 * shared lock, because a handle used after it was closed brings the whole process down; {@link #reopen} and
 * {@link #close} hold it alone.
 */
final class Store implements AutoCloseable {

    private final Path path;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Settings settings = new Settings();
    private final Sweep sweep = new Sweep();
    private final Map<Table, ColumnFamilyHandle> tables = new EnumMap<>(Table.class);
    private @Nullable RocksDB db;

    /**
     * Opens the database, making it if there is none.
     *
     * @throws JournalUnavailableException if it cannot be opened; the message says what to do
     */
    Store(Path path) {
        this.path = path;
        try {
            open();
        } catch (RocksDBException e) {
            close();
            throw Diagnosis.ofOpening(path, e);
        }
    }

    /** Closes whatever is left of a database that failed to write and opens it anew. */
    void reopen() throws RocksDBException {
        lockAlone();
        try {
            closeDatabase();
            open();
        } finally {
            unlock();
        }
    }

    /** Writes all or nothing; with {@code sync} it, and all written before it, is on stable storage afterwards. */
    void write(WriteBatch batch, boolean sync) throws RocksDBException {
        lock.readLock().lock();
        try {
            database().write(settings.ofWrites(sync), batch);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Writes one value, without a sync; for any thread that may block. */
    void put(Table table, byte[] key, byte[] value) throws RocksDBException {
        lock.readLock().lock();
        try {
            database().put(table(table), settings.ofWrites(false), key, value);
        } finally {
            lock.readLock().unlock();
        }
    }

    byte @Nullable [] get(Table table, byte[] key) throws RocksDBException {
        lock.readLock().lock();
        try {
            return database().get(table(table), key);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Takes a row of a scan; says whether to go on. */
    @FunctionalInterface
    interface Row {
        boolean take(byte[] key, byte[] value);
    }

    /** Visits rows from {@code from} (included) to {@code to} (excluded) in order, until told to stop. */
    void scan(Table table, byte[] from, byte @Nullable [] to, Row row) throws RocksDBException {
        lock.readLock().lock();
        try (ReadOptions read = new ReadOptions();
                org.rocksdb.Slice end = to == null ? new org.rocksdb.Slice(new byte[0]) : new org.rocksdb.Slice(to)) {
            if (to != null) {
                read.setIterateUpperBound(end);
            }
            try (RocksIterator rows = database().newIterator(table(table), read)) {
                rows.seek(from);
                while (rows.isValid() && row.take(rows.key(), rows.value())) {
                    rows.next();
                }
                rows.status();
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The last key of a table; null if it is empty. */
    byte @Nullable [] last(Table table) throws RocksDBException {
        lock.readLock().lock();
        try (RocksIterator rows = database().newIterator(table(table))) {
            rows.seekToLast();
            rows.status();
            return rows.isValid() ? rows.key() : null;
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Shows a listing the rows of the unfinished and the finished jobs together, greatest id first, until it has enough.
     * The unfinished ones are looked at as of a moment before that of the finished ones, so that a job that finishes
     * meanwhile is in at least one of them; if it is in both it is shown once, finished.
     */
    void scanBack(Listing listing) throws RocksDBException {
        byte[] end = listing.end();
        lock.readLock().lock();
        try (ReadOptions read = new ReadOptions();
                org.rocksdb.Slice lower = new org.rocksdb.Slice(listing.lowest());
                org.rocksdb.Slice upper = new org.rocksdb.Slice(end == null ? new byte[0] : end)) {
            read.setIterateLowerBound(lower);
            if (end != null) {
                read.setIterateUpperBound(upper);
            }
            try (RocksIterator open = database().newIterator(table(Table.OPEN), read);
                    RocksIterator done = database().newIterator(table(Table.DONE), read)) {
                open.seekToLast();
                done.seekToLast();
                mergeBack(open, done, listing);
                open.status();
                done.status();
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    private static void mergeBack(RocksIterator open, RocksIterator done, Listing listing) {
        while (open.isValid() || done.isValid()) {
            int order = !open.isValid() ? -1 : !done.isValid() ? 1 : Arrays.compareUnsigned(open.key(), done.key());
            RocksIterator next = order > 0 ? open : done;
            if (!listing.take(next.key(), next.value())) {
                return;
            }
            if (order >= 0) {
                open.prev();
            }
            if (order <= 0) {
                done.prev();
            }
        }
    }

    /**
     * Rewrites all files, so that nothing is left in them of what was deleted. May take minutes, in which others go on;
     * fails if the database is closed or opened anew meanwhile.
     */
    void compact() throws RocksDBException {
        try (CompactRangeOptions how = sweep.begin()) {
            lock.readLock().lock();
            try {
                for (Table table : Table.values()) {
                    compact(table, how);
                }
            } finally {
                lock.readLock().unlock();
                sweep.end();
            }
        }
    }

    private void compact(Table table, CompactRangeOptions how) throws RocksDBException {
        if (table != Table.PIECES) {
            database().compactRange(table(table), null, null, how);
            return;
        }
        relocate(Settings.RELOCATE_ALL);
        try {
            database().compactRange(table(table), null, null, how);
        } finally {
            relocate(Settings.RELOCATE_OLDEST);
        }
    }

    /** How many of the blob files, counted from the oldest, a compaction may rewrite. */
    private void relocate(double share) throws RocksDBException {
        MutableColumnFamilyOptions changed = MutableColumnFamilyOptions.builder()
                .setBlobGarbageCollectionAgeCutoff(share)
                .build();
        database().setOptions(table(Table.PIECES), changed);
    }

    /** The handle that a batch needs. Only for the thread that also reopens. */
    ColumnFamilyHandle table(Table table) {
        return Objects.requireNonNull(tables.get(table), "closed");
    }

    @Override
    public void close() {
        lockAlone();
        try {
            closeDatabase();
            settings.close();
        } finally {
            unlock();
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

    private RocksDB database() throws RocksDBException {
        if (db == null) {
            throw new RocksDBException("the database is closed");
        }
        return db;
    }

    private void open() throws RocksDBException {
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        for (Table table : Table.values()) {
            descriptors.add(new ColumnFamilyDescriptor(
                    table.label().getBytes(java.nio.charset.StandardCharsets.US_ASCII), settings.of(table)));
        }
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            db = RocksDB.open(settings.ofDatabase(), path.toString(), descriptors, handles);
        } catch (RocksDBException e) {
            closeDatabase();
            throw e;
        }
        Iterator<ColumnFamilyHandle> opened = handles.iterator(); // in the order asked for
        for (Table table : Table.values()) {
            tables.put(table, opened.next());
        }
    }

    private void closeDatabase() {
        tables.values().forEach(ColumnFamilyHandle::close);
        tables.clear();
        if (db != null) {
            db.close();
            db = null;
        }
        settings.release();
    }
}
