package dev.sluice.journal.rocksdb;

import org.rocksdb.RocksDBException;

/**
 * Something that is to be written. All methods are called by the {@link Committer}'s thread, in this order: {@link #stage},
 * then {@link #committed} or {@link #failed}.
 */
interface Change {

    /**
     * Decides, then adds what is to be written to the batch. A change that has nothing to write adds nothing. What it
     * throws before adding anything fails this change alone.
     */
    void stage(Batch batch) throws RocksDBException;

    /** The batch is written, and synced if any of its changes asked for that. */
    void committed();

    /** Nothing of this change was written, as far as anyone will ever see. */
    void failed(Throwable error);

    /** About how many bytes of memory it holds while it waits. */
    default int weight() {
        return 256;
    }

    /** Whether it may be refused while too much is waiting: true for what a stranger sends. */
    default boolean refusable() {
        return false;
    }
}
