package dev.sluice.journal.embedded;

import org.jspecify.annotations.Nullable;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.RocksDBException;

/** The step of a sweep under way, if there is one: it may take seconds, and whoever needs the database alone ends it. */
final class Sweep {

    private @Nullable CompactRangeOptions compaction;
    private int stops;

    /** How to compact; {@link #end} has to follow before this is closed. */
    synchronized CompactRangeOptions begin() throws RocksDBException {
        check();
        compaction = new CompactRangeOptions()
                // Also what only moved down and has nothing below it: its deletions are of no more use.
                .setBottommostLevelCompaction(CompactRangeOptions.BottommostLevelCompaction.kForceOptimized)
                .setExclusiveManualCompaction(false)
                .setAllowWriteStall(false);
        return compaction;
    }

    synchronized void end() {
        compaction = null;
    }

    /** Fails if somebody waits for the database. */
    synchronized void check() throws RocksDBException {
        if (stops > 0) {
            throw new RocksDBException("the database is being closed");
        }
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
