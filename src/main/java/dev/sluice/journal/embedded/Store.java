package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalFullException;
import dev.sluice.journal.JournalUnavailableException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Sorted tables of byte strings that are written in atomic batches. Keys are compared as unsigned bytes.
 *
 * <p>Every method may block. Any thread may read; one thread at a time may write. A method that cannot do what it is asked
 * throws {@link JournalUnavailableException} with a message for the operator.
 */
interface Store extends AutoCloseable {

    /** Returns the value of a key, or null if there is none. */
    byte @Nullable [] get(Table table, byte[] key);

    /**
     * Passes the rows from {@code from} (inclusive) to {@code to} (exclusive, null for the end) in order, until the
     * consumer stops.
     */
    void scan(Table table, byte[] from, byte @Nullable [] to, Row row);

    /**
     * Passes all rows of a table in order, until the consumer stops. For reading very many rows once: they are not kept in
     * the cache.
     */
    default void scanAll(Table table, Row row) {
        scan(table, new byte[0], null, row);
    }

    /**
     * Opens a descending cursor at the greatest key of a range, on a snapshot of the table. It must be used and closed
     * by the thread that opened it.
     *
     * @param from the smallest key of the range
     * @param to the first key above the range, null for the end of the table
     */
    Cursor descending(Table table, byte[] from, byte @Nullable [] to);

    /** Creates an empty batch. It may be filled by any one thread, and must be closed. */
    Batch batch();

    /** Writes all of a batch or nothing; with {@code sync} it and all that was written before is on stable storage afterwards. */
    void write(Batch batch, boolean sync);

    /**
     * Recovers from a failed write. Readers are not blocked by it. The failed write has taken effect completely or not
     * at all; after this call that no longer changes.
     *
     * @throws JournalUnavailableException if writing is still impossible
     */
    void recover();

    /** Returns how much space is left. Does not block; refreshed about once a second. */
    Space space();

    /**
     * Admits that many bytes of a new job.
     *
     * @throws JournalFullException if the space that is left is kept for accepted jobs
     */
    default void admitNew(long bytes) {
        if (space() != Space.NORMAL) {
            throw new JournalFullException("refuses new jobs: little space is left on the disk. Free some.");
        }
    }

    /**
     * Admits a refusable write of that many bytes for a job that was accepted before.
     *
     * @throws JournalUnavailableException if there is no space for it
     * @throws dev.sluice.journal.JournalOverloadedException if too much is held in memory
     */
    default void admit(long bytes) {
        if (space() == Space.SCARCE) {
            throw new JournalUnavailableException(
                    "refuses new jobs and bodies: the disk is almost full. Free some space.", null);
        }
    }

    /**
     * Returns what an operator has to know about files found damaged since the store was opened; null if there is
     * nonehing.
     */
    @Nullable
    String damage();

    /**
     * Rewrites the files that hold deleted data, if it is time to: once a day, or at once while space is low. May take
     * minutes, in which others go on. Returns early if the store is closed meanwhile.
     */
    void sweep(Instant now);

    @Override
    void close();

    /** Consumes a row of a scan; returns whether to continue. */
    @FunctionalInterface
    interface Row {
        boolean take(byte[] key, byte[] value);
    }

    /** A position in a table. */
    interface Cursor extends AutoCloseable {

        /** Returns whether the cursor is at a row; false after the last one. */
        boolean isValid();

        byte[] key();

        byte[] value();

        void next();

        @Override
        void close();
    }

    /** Changes that take effect together, in the order in which they were added. */
    interface Batch extends AutoCloseable {

        void put(Table table, byte[] key, byte[] value);

        void delete(Table table, byte[] key);

        /** Deletes all keys from {@code from} (included) to {@code to} (excluded). */
        void deleteRange(Table table, byte[] from, byte[] to);

        boolean isEmpty();

        @Override
        void close();
    }

    /** How much space is left. */
    enum Space {
        /** Enough for everything. */
        NORMAL,
        /** Kept for accepted jobs and their results: new jobs are refused. */
        LOW,
        /** Reserved for finishing and erasing jobs: the bodies of results are refused, too. */
        SCARCE
    }
}
