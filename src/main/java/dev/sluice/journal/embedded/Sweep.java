package dev.sluice.journal.embedded;

import org.jspecify.annotations.Nullable;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.RocksDBException;

/**
 * The running step of a sweep, if any. It may take seconds, and is cancelled by a thread that needs exclusive access.
 */
final class Sweep {

    private @Nullable CompactRangeOptions compaction;
    private int stops;

    /** Begins a step and returns its options; {@link #end} must be called before they are closed. */
    synchronized CompactRangeOptions begin() throws RocksDBException {
        check();
        compaction = new CompactRangeOptions()
                // Also files that only moved down with nothing below them: their tombstones are obsolete.
                .setBottommostLevelCompaction(CompactRangeOptions.BottommostLevelCompaction.kForceOptimized)
                .setExclusiveManualCompaction(false)
                .setAllowWriteStall(false);
        return compaction;
    }

    synchronized void end() {
        compaction = null;
    }

    /** Throws if a thread waits for exclusive access. */
    synchronized void check() throws RocksDBException {
        if (stops > 0) {
            throw new RocksDBException("the database is being closed");
        }
    }

    /** Cancels the step, and prevents new ones until {@link #allow}. */
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
