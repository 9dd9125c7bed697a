package dev.sluice.journal.embedded;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.RateLimiter;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/** The options of one database, closed with their native parts after the database. */
final class RocksSettings implements AutoCloseable {

    /** The limit of live logs in bytes, above which memory is flushed to tables. */
    static final long WAL = 256L << 20;

    /** The number of obsolete logs kept for recycling: a log with allocated blocks syncs faster. */
    static final int RECYCLED_LOGS = 4;

    private static final int PIECE_IN_BLOB_FILE = 4096;

    private final RocksKind kind;
    private final Cache cache;
    private final long memory;
    private final WriteBufferManager buffers;
    private final RateLimiter rate;
    private final BloomFilter bloom = new BloomFilter(10);
    private final WriteOptions synced = new WriteOptions().setSync(true).setNoSlowdown(true);
    private final WriteOptions unsynced = new WriteOptions().setSync(false).setNoSlowdown(true);
    private final List<AutoCloseable> options = new ArrayList<>();

    /**
     * Creates options.
     *
     * @param room the disk space available for flushing memory, which bounds memory on a small disk
     */
    RocksSettings(RocksKind kind, Cache cache, long room) {
        this.kind = kind;
        this.cache = cache;
        this.memory = Math.min(RocksMemory.share(kind.writeBuffers()), room / 3);
        // Each database has a budget of its own: with a common one, uploads would fill it and every small write of the
        // other database would flush.
        buffers = new WriteBufferManager(memory, cache);
        rate = new RateLimiter(kind.backgroundRate());
    }

    WriteOptions ofWrites(boolean sync) {
        return sync ? synced : unsynced;
    }

    DBOptions ofDatabase() {
        return ofReading()
                .setRecycleLogFileNum(RECYCLED_LOGS)
                .setMaxTotalWalSize(WAL)
                .setWriteBufferManager(buffers)
                .setRateLimiter(rate)
                // One for flushes, one for the sweep, which may take minutes, and one for the compaction that keeps
                // writers from being stopped meanwhile; without a sweep the third is idle unless they nearly are.
                .setMaxBackgroundJobs(3)
                // Table and blob files reach the disk while they are written and not in one burst at their end, which
                // the sync of somebody's acceptance would have to wait for.
                .setBytesPerSync(512 << 10)
                .setWalBytesPerSync(kind.logBytesPerSync())
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(3)
                .setMaxLogFileSize(4 << 20);
    }

    /** The options that also apply to read-only access. */
    DBOptions ofReading() {
        // Synced records are always recovered; a record torn by a crash ends the log, and was never acknowledged.
        return keep(options()).setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery);
    }

    /**
     * Sets an option without a setter in Java: the manifest records closed logs, so that a missing one is detected at
     * start.
     */
    static DBOptions options() {
        Properties named = new Properties();
        named.setProperty("track_and_verify_wals_in_manifest", "true");
        DBOptions made = DBOptions.getDBOptionsFromProps(named);
        if (made == null) {
            throw new IllegalStateException("RocksDB does not know the option track_and_verify_wals_in_manifest");
        }
        return made;
    }

    /** Returns the options of a table. */
    ColumnFamilyOptions of(Table table) {
        BlockBasedTableConfig format = new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                // Indexes and filters in parts of a few kilobytes: a whole filter of a file of small rows has hundreds.
                // With a million jobs those did not fit into the cache, and nearly every read of a job read one anew.
                .setIndexType(IndexType.kTwoLevelIndexSearch);
        if (table != Table.OUTPUTS) { // which is only scanned
            format.setFilterPolicy(bloom).setPartitionFilters(true);
        }
        ColumnFamilyOptions columnFamily = keep(new ColumnFamilyOptions())
                .setTableFormatConfig(format)
                .setWriteBufferSize(Math.min(kind.writeBuffer(), memory / 2))
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                // Small files and steps: a sweep rewrites no more than it must, and needs little room for it. An early
                // level between the newest files and the last one cuts what is sparse along the files of the last one.
                .setTargetFileSizeBase(16L << 20)
                .setMaxBytesForLevelBase(64L << 20)
                .setMaxCompactionBytes(256L << 20)
                .setLevelCompactionDynamicLevelBytes(true);
        if (table == Table.OUTPUTS || table == Table.EVENTS) {
            // Each erasure of a long history is the mark of a range, and many marks in memory slow every reader.
            columnFamily.setMemtableMaxRangeDeletions(1_000);
        }
        if (table == Table.PIECES) {
            // Large values stay where they were written while compaction sorts their keys. What is deleted of them is
            // removed by BlobSweep, file by file, and not by compaction, which would go by age.
            columnFamily
                    .setEnableBlobFiles(true)
                    .setMinBlobSize(PIECE_IN_BLOB_FILE)
                    .setBlobFileSize(32L << 20)
                    .setMaxWriteBufferNumber(4);
        }
        return columnFamily;
    }

    /** Closes the options of the column families. */
    void release() {
        for (int i = options.size() - 1; i >= 0; i--) {
            Diagnosis.closing(options.get(i));
        }
        options.clear();
    }

    @Override
    public void close() {
        release();
        synced.close();
        unsynced.close();
        bloom.close();
        rate.close();
        buffers.close();
    }

    private <T extends AutoCloseable> T keep(T option) {
        options.add(option);
        return option;
    }
}
