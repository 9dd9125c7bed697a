package dev.sluice.journal.embedded;

import java.util.EnumSet;
import java.util.Set;

/** What a database is for: which tables it has, and how it writes. */
enum RocksKind {
    /**
     * Everything that is small, and the bodies stored by versions that had no other place for them. Few bytes, each of
     * which somebody waits for.
     */
    MAIN(32L << 20, 48L << 20, 0, 96L << 20),

    /**
     * Bodies that are longer than a piece. Many bytes for which nobody waits before the end: they go to the disk in an
     * even flow, so that a sync of the other database never queues behind much. For that, its writer should sync every
     * batch and keep batches small (half a megabyte): measured beside 32 uploads that halves the longest waits of small
     * writes to the other database, at the same throughput.
     */
    BODIES(16L << 20, 32L << 20, 256L << 10, 96L << 20);

    private final long writeBuffer;
    private final long writeBuffers;
    private final long logBytesPerSync;
    private final long backgroundRate;

    RocksKind(long writeBuffer, long writeBuffers, long logBytesPerSync, long backgroundRate) {
        this.writeBuffer = writeBuffer;
        this.writeBuffers = writeBuffers;
        this.logBytesPerSync = logBytesPerSync;
        this.backgroundRate = backgroundRate;
    }

    Set<Table> tables() {
        return this == MAIN ? EnumSet.allOf(Table.class) : EnumSet.of(Table.META, Table.PIECES, Table.RECEIVING);
    }

    /** Bytes of one table in memory that are then written to a file. */
    long writeBuffer() {
        return writeBuffer;
    }

    /** Bytes of all tables in memory. */
    long writeBuffers() {
        return writeBuffers;
    }

    /** After how many bytes the log is passed on to the disk without waiting for a sync; 0 for never. */
    long logBytesPerSync() {
        return logBytesPerSync;
    }

    /** Bytes a second that flushes and compactions may write. */
    long backgroundRate() {
        return backgroundRate;
    }
}
