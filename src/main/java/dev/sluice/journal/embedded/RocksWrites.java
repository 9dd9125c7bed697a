package dev.sluice.journal.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Writes to a database, one batch at a time, records how far it was synced, and keeps a failure until a write succeeds.
 * The database is a parameter because it is replaced when it is reopened.
 */
final class RocksWrites {

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(12);
    private static final long STALL = TimeUnit.SECONDS.toNanos(5);
    private static final long STALL_PAUSE = TimeUnit.MILLISECONDS.toNanos(2);

    private final RocksSettings settings;
    private final Watermark watermark;
    private final DiskSpace disk;
    private @Nullable RocksDBException failure; // since the last successful write
    private long failedAt;

    RocksWrites(RocksSettings settings, Watermark watermark, DiskSpace disk) {
        this.settings = settings;
        this.watermark = watermark;
        this.disk = disk;
    }

    /** Writes one batch, exclusively, so that the sequence number read afterwards is the synced one. */
    synchronized void write(RocksDatabase open, RocksBatch batch, boolean sync) {
        try {
            writeUnlessStalled(open, batch, sync);
            if (failure != null) {
                watermark.broken(open.db().getLatestSequenceNumber());
            }
            if (sync) {
                watermark.synced(open.db().getLatestSequenceNumber());
            }
            failure = null;
        } catch (RocksDBException e) {
            failed(e);
            throw Diagnosis.ofWriting(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Rewrites the live rows among these of a table; returns their size in bytes. */
    synchronized long rewrite(RocksDatabase open, Table table, List<byte[]> keys, RocksBatch batch)
            throws RocksDBException {
        long bytes = 0;
        for (byte[] key : keys) {
            byte[] value = open.db().get(open.table(table), key);
            if (value != null) {
                batch.put(table, key, value);
                bytes += value.length;
            }
        }
        write(open, batch, false);
        return bytes;
    }

    /** Bounds write stalls: RocksDB blocks writers while flushes lag, forever if they fail on a full disk. */
    private void writeUnlessStalled(RocksDatabase open, RocksBatch batch, boolean sync) throws RocksDBException {
        long begin = System.nanoTime();
        while (true) {
            try {
                open.db().write(settings.ofWrites(sync), batch.writes());
                return;
            } catch (RocksDBException e) {
                if (!Diagnosis.isStalled(e) || System.nanoTime() - begin > STALL) {
                    throw e;
                }
                LockSupport.parkNanos(STALL_PAUSE);
            }
        }
    }

    private void failed(RocksDBException error) {
        if (failure == null) {
            failedAt = System.nanoTime();
        }
        failure = error;
        if (Diagnosis.isFull(error) || disk.spare() < 0) {
            disk.full();
        }
    }

    /**
     * Returns whether the database must be reopened before it can be written. RocksDB resumes by itself some seconds
     * after there is space again.
     */
    synchronized boolean needReopening() {
        if (failure == null) {
            return false;
        }
        boolean waits = Diagnosis.isFull(failure) || Diagnosis.isStalled(failure);
        return !waits || (disk.spare() > 0 && System.nanoTime() - failedAt > PATIENCE);
    }

    /** The database was reopened. */
    synchronized void reopened() {
        failure = null;
    }
}
