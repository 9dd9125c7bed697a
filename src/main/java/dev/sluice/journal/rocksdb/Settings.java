package dev.sluice.journal.rocksdb;

import java.util.ArrayList;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/** How RocksDB is set: what is shared by all that is opened, and the options of what is open. */
final class Settings implements AutoCloseable {

    static {
        RocksDB.loadLibrary();
    }

    private static final long MEMORY = 96L << 20; // write buffers and block cache together
    private static final long WRITE_BUFFERS = 64L << 20;
    /** Bytes of all logs that are needed; when there are more, memory is written to tables. */
    static final long WAL = 256L << 20;

    /** Logs that are no longer needed and are kept to be written over: one whose blocks are there already syncs faster. */
    static final int RECYCLED_LOGS = 4;

    /** See {@link Store#compact}: while others work, and in a sweep. */
    static final double RELOCATE_OLDEST = 0.25;

    static final double RELOCATE_ALL = 1;
    private static final int PIECE_IN_BLOB_FILE = 4096;

    private final Cache cache = new LRUCache(MEMORY);
    private final WriteBufferManager buffers = new WriteBufferManager(WRITE_BUFFERS, cache);
    private final BloomFilter bloom = new BloomFilter(10);
    private final WriteOptions synced = new WriteOptions().setSync(true);
    private final WriteOptions unsynced = new WriteOptions().setSync(false);
    private final List<AutoCloseable> options = new ArrayList<>();

    WriteOptions ofWrites(boolean sync) {
        return sync ? synced : unsynced;
    }

    DBOptions ofDatabase() {
        return keep(new DBOptions())
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                // What was synced is always recovered; a record torn by a crash ends the log, and was never
                // acknowledged.
                .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
                .setRecycleLogFileNum(RECYCLED_LOGS)
                .setMaxTotalWalSize(WAL)
                .setWriteBufferManager(buffers)
                // One for flushes, one for the sweep, which may take minutes, and one for the compaction that keeps
                // writers from being stopped meanwhile; without a sweep the third is idle unless they nearly are.
                .setMaxBackgroundJobs(3)
                .setBytesPerSync(1 << 20)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(3)
                .setMaxLogFileSize(4 << 20);
    }

    /** How a table is kept. */
    ColumnFamilyOptions of(Table table) {
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

    /** Closes the options of what was open. */
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
        buffers.close();
        cache.close();
    }

    private <T extends AutoCloseable> T keep(T option) {
        options.add(option);
        return option;
    }
}
