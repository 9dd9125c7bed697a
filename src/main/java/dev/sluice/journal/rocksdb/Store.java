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
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.MutableColumnFamilyOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * One open database and all its native handles. Every method blocks and belongs on a thread made for that. Readers hold a
 * shared lock, because a handle used after it was closed brings the whole process down; {@link #reopen} and
 * {@link #close} hold it alone.
 */
final class Store implements AutoCloseable {

    static {
        RocksDB.loadLibrary();
    }

    private static final long MEMORY = 96L << 20; // write buffers and block cache together
    private static final long WRITE_BUFFERS = 64L << 20;
    /** Bytes of all logs that are needed; when there are more, memory is written to tables. */
    static final long WAL = 256L << 20;

    /** Logs that are no longer needed and are kept to be written over: one whose blocks are there already syncs faster. */
    static final int RECYCLED_LOGS = 4;

    private static final double RELOCATE_OLDEST = 0.25;
    private static final double RELOCATE_ALL = 1;
    private static final int PIECE_IN_BLOB_FILE = 4096;

    private final Path path;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Cache cache = new LRUCache(MEMORY);
    private final WriteBufferManager buffers = new WriteBufferManager(WRITE_BUFFERS, cache);
    private final BloomFilter bloom = new BloomFilter(10);
    private final WriteOptions synced = new WriteOptions().setSync(true);
    private final WriteOptions unsynced = new WriteOptions().setSync(false);
    private final Map<Table, ColumnFamilyHandle> tables = new EnumMap<>(Table.class);
    private final List<AutoCloseable> options = new ArrayList<>();
    private @Nullable RocksDB db;

    // Guarded by sweeping itself: a compaction may take minutes, and whoever needs the database for himself ends it.
    private final Object sweeping = new Object();
    private @Nullable CompactRangeOptions compaction;
    private int closings;

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
            database().write(sync ? synced : unsynced, batch);
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
        try (CompactRangeOptions how = new CompactRangeOptions()) {
            how.setBottommostLevelCompaction(CompactRangeOptions.BottommostLevelCompaction.kForce)
                    .setExclusiveManualCompaction(false)
                    .setAllowWriteStall(false);
            begin(how);
            lock.readLock().lock();
            try {
                for (Table table : Table.values()) {
                    compact(table, how);
                }
            } finally {
                lock.readLock().unlock();
                end();
            }
        }
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
            synced.close();
            unsynced.close();
            bloom.close();
            buffers.close();
            cache.close();
        } finally {
            unlock();
        }
    }

    private void lockAlone() {
        synchronized (sweeping) {
            closings++;
            if (compaction != null) {
                compaction.setCanceled(true);
            }
        }
        lock.writeLock().lock();
    }

    private void unlock() {
        lock.writeLock().unlock();
        synchronized (sweeping) {
            closings--;
        }
    }

    private void begin(CompactRangeOptions how) throws RocksDBException {
        synchronized (sweeping) {
            if (closings > 0) {
                throw new RocksDBException("the database is being closed");
            }
            compaction = how;
        }
    }

    private void end() {
        synchronized (sweeping) {
            compaction = null;
        }
    }

    private void compact(Table table, CompactRangeOptions how) throws RocksDBException {
        if (table != Table.PIECES) {
            database().compactRange(table(table), null, null, how);
            return;
        }
        relocate(RELOCATE_ALL);
        try {
            database().compactRange(table(table), null, null, how);
        } finally {
            relocate(RELOCATE_OLDEST);
        }
    }

    /** How many of the blob files, counted from the oldest, a compaction may rewrite. */
    private void relocate(double share) throws RocksDBException {
        database()
                .setOptions(
                        table(Table.PIECES),
                        MutableColumnFamilyOptions.builder()
                                .setBlobGarbageCollectionAgeCutoff(share)
                                .build());
    }

    private RocksDB database() throws RocksDBException {
        if (db == null) {
            throw new RocksDBException("the database is closed");
        }
        return db;
    }

    private void open() throws RocksDBException {
        DBOptions dbOptions = keep(new DBOptions())
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                // What was synced is always recovered; a record torn by a crash ends the log, and was never
                // acknowledged.
                .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
                .setRecycleLogFileNum(RECYCLED_LOGS)
                .setMaxTotalWalSize(WAL)
                .setWriteBufferManager(buffers)
                .setMaxBackgroundJobs(2)
                .setBytesPerSync(1 << 20)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(3)
                .setMaxLogFileSize(4 << 20);
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        for (Table table : Table.values()) {
            descriptors.add(new ColumnFamilyDescriptor(
                    table.label().getBytes(java.nio.charset.StandardCharsets.US_ASCII), optionsOf(table)));
        }
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            db = RocksDB.open(dbOptions, path.toString(), descriptors, handles);
        } catch (RocksDBException e) {
            closeDatabase();
            throw e;
        }
        Iterator<ColumnFamilyHandle> opened = handles.iterator(); // in the order asked for
        for (Table table : Table.values()) {
            tables.put(table, opened.next());
        }
    }

    private ColumnFamilyOptions optionsOf(Table table) {
        BlockBasedTableConfig format = new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setFilterPolicy(bloom);
        ColumnFamilyOptions columnFamily = keep(new ColumnFamilyOptions())
                .setTableFormatConfig(format)
                .setWriteBufferSize(32L << 20)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setLevelCompactionDynamicLevelBytes(true);
        if (table == Table.PIECES) {
            // Large values stay where they were written while compaction sorts their keys.
            columnFamily
                    .setEnableBlobFiles(true)
                    .setMinBlobSize(PIECE_IN_BLOB_FILE)
                    .setEnableBlobGarbageCollection(true)
                    .setBlobGarbageCollectionAgeCutoff(RELOCATE_OLDEST);
        }
        return columnFamily;
    }

    private <T extends AutoCloseable> T keep(T option) {
        options.add(option);
        return option;
    }

    private void closeDatabase() {
        tables.values().forEach(ColumnFamilyHandle::close);
        tables.clear();
        if (db != null) {
            db.close();
            db = null;
        }
        for (int i = options.size() - 1; i >= 0; i--) {
            Diagnosis.closing(options.get(i));
        }
        options.clear();
    }
}
