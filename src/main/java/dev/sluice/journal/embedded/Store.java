package dev.sluice.journal.embedded;

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

    /** Passes the rows from {@code from} (included) to {@code to} (excluded, null for the end) in order, until told to stop. */
    void scan(Table table, byte[] from, byte @Nullable [] to, Row row);

    /**
     * Opens a cursor at the greatest key of a range, going down. It shows the table as it was when the cursor was opened.
     * It belongs to the thread that opened it and has to be closed by it.
     *
     * @param from the smallest key of the range
     * @param to the first key above the range, null for the end of the table
     */
    Cursor descending(Table table, byte[] from, byte @Nullable [] to);

    /** Creates an empty batch. It may be filled by any one thread, and has to be closed. */
    Batch batch();

    /** Writes all of a batch or nothing; with {@code sync} it and all that was written before is on stable storage afterwards. */
    void write(Batch batch, boolean sync);

    /**
     * Makes writing possible again after a failed write. Readers go on meanwhile. What the failed write was to change may
     * have been changed or not, as a whole; from now on this is settled.
     *
     * @throws JournalUnavailableException if writing is still impossible
     */
    void recover();

    /** Returns how much room there is to write. Does not block; looked at anew about once a second. */
    Space space();

    /**
     * Lets a write of that many bytes pass that may be refused, if there is room for it.
     *
     * @throws JournalUnavailableException if there is not
     * @throws dev.sluice.journal.JournalOverloadedException if there is not because too much is held in memory
     */
    default void admit(long bytes) {
        if (space() == Space.LOW) {
            throw new JournalUnavailableException(
                    "refuses new jobs and bodies: the disk is almost full. Free some space.", null);
        }
    }

    /** Returns what an operator has to know about files found damaged since the store was opened; null if there is nothing. */
    @Nullable
    String damage();

    /**
     * Rewrites the files that hold deleted data, if it is time to: once a day, or at once while space is low. May take
     * minutes, in which others go on. Returns early if the store is closed meanwhile.
     */
    void sweep(Instant now);

    @Override
    void close();

    /** Takes a row of a scan and says whether to go on. */
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

    /** How much room there is to write. */
    enum Space {
        /** There is room for everything. */
        NORMAL,
        /** What is left is for what ends jobs or frees space: new jobs and bodies are to be refused. */
        LOW
    }
}
