package dev.sluice.journal.embedded;

import java.util.EnumSet;
import java.util.Set;

/** The purpose of a database, with its tables and write settings. */
enum RocksKind {
    /**
     * Everything but large bodies, and the bodies stored by early versions. Small writes with callers waiting for each.
     */
    MAIN(32L << 20, 48L << 20, 0, 96L << 20),

    /**
     * Bodies that are longer than a piece. Large writes without callers waiting for each: they reach the disk in an
     * even flow, so that a sync of the other database never queues behind much. For this its writer syncs every batch
     * and keeps batches small (half a megabyte): measured beside 32 uploads that halves the longest waits of small
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

    /** The size in bytes at which a table in memory is flushed. */
    long writeBuffer() {
        return writeBuffer;
    }

    /** The size in bytes of all tables in memory. */
    long writeBuffers() {
        return writeBuffers;
    }

    /** After how many bytes the log is written back without waiting for a sync; 0 for never. */
    long logBytesPerSync() {
        return logBytesPerSync;
    }

    /** The limit of flushes and compactions in bytes per second. */
    long backgroundRate() {
        return backgroundRate;
    }
}
