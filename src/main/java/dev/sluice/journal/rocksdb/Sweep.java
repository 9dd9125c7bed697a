package dev.sluice.journal.rocksdb;

import org.jspecify.annotations.Nullable;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.RocksDBException;

/** The compaction under way, if there is one: it may take minutes, and whoever needs the database alone ends it. */
final class Sweep {

    private @Nullable CompactRangeOptions compaction;
    private int stops;

    /** How to compact; {@link #end} has to follow before this is closed. */
    synchronized CompactRangeOptions begin() throws RocksDBException {
        if (stops > 0) {
            throw new RocksDBException("the database is being closed");
        }
        compaction = new CompactRangeOptions()
                .setBottommostLevelCompaction(CompactRangeOptions.BottommostLevelCompaction.kForce)
                .setExclusiveManualCompaction(false)
                .setAllowWriteStall(false);
        return compaction;
    }

    synchronized void end() {
        compaction = null;
    }

    /** Ends it soon, and lets none begin until {@link #allow}. */
    synchronized void stop() {
        stops++;
        if (compaction != null) {
            compaction.setCanceled(true);
        }
    }

    synchronized void allow() {
        stops--;
    }
}
