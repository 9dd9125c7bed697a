package dev.sluice.journal.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Physically removes deleted data. RocksDB only marks rows as deleted; their bytes stay in the files until a compaction
 * happens to rewrite these, which may be never. So once a day, or at once while the disk is nearly full, files with
 * deleted data are rewritten one after another. Deleted data is gone from tables and blob files after a day and the
 * duration of the sweep.
 *
 * <p>Logs contain another copy. A log is closed when its writes are in tables, at the next sweep at the latest, and
 * then kept for recycling: at most {@link RocksSettings#RECYCLED_LOGS} of them. Deleted data therefore remains in them
 * until they are overwritten, or until the next start, which deletes them.
 */
final class Sweeper {

    static final Duration PAUSE = Duration.ofDays(1);

    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);
    private static final byte[] SWEPT_AT = "swept-at".getBytes(StandardCharsets.US_ASCII);

    private final RocksStore store;
    private final RocksKind kind;
    private final Sweep sweep;
    private final DiskSpace disk;
    private volatile boolean deleted = true; // possibly by an earlier process

    Sweeper(RocksStore store, RocksKind kind, Sweep sweep, DiskSpace disk) {
        this.store = store;
        this.kind = kind;
        this.sweep = sweep;
        this.disk = disk;
    }

    /** Records that something was deleted. */
    void deleted() {
        deleted = true;
    }

    /** Sweeps if it is due. */
    void sweep(Instant now) throws RocksDBException, IOException {
        if (!deleted || !isTime(now)) {
            return;
        }
        deleted = false;
        boolean done = false;
        try {
            done = sweepAll();
            note(now);
        } finally {
            deleted |= !done;
        }
    }

    private boolean isTime(Instant now) {
        if (disk.space() != Store.Space.NORMAL) {
            return true;
        }
        byte[] before = store.get(Table.META, SWEPT_AT);
        if (before == null) {
            note(now); // a new journal: the first day begins
            return false;
        }
        return !now.isBefore(
                Instant.ofEpochMilli(ByteBuffer.wrap(before).getLong()).plus(PAUSE));
    }

    private void note(Instant now) {
        try (Store.Batch batch = store.batch()) {
            byte[] millis =
                    ByteBuffer.allocate(Long.BYTES).putLong(now.toEpochMilli()).array();
            batch.put(Table.META, SWEPT_AT, millis);
            store.write(batch, false);
        }
    }

    /** Returns false if something was left for lack of space. */
    private boolean sweepAll() throws RocksDBException, IOException {
        long begin = System.nanoTime();
        store.using(open -> {
            // While space is low there may be no compaction, and a flush that avoids write stalls would wait for one
            // for ever.
            boolean stall = disk.space() != Store.Space.NORMAL;
            try (FlushOptions wait = new FlushOptions().setAllowWriteStall(stall)) {
                open.db().flush(wait, List.copyOf(open.tables().values()));
            }
            return true;
        });
        boolean all = true;
        for (Table table : kind.tables()) {
            Set<String> tried = new HashSet<>();
            while (store.using(open -> new TableSweep(open, table, sweep, disk).step(tried))) {
                sweep.check(); // one file at a time, so that other threads get access in between
            }
            all &= store.using(
                    open -> new TableSweep(open, table, sweep, disk).marked().isEmpty());
        }
        for (String file : store.using(open -> blobs(open).files())) {
            store.using(open -> blobs(open).clean(file));
        }
        log.info("Swept out what was erased, in {} ms", (System.nanoTime() - begin) / 1_000_000);
        return all;
    }

    private BlobSweep blobs(RocksDatabase open) {
        return new BlobSweep(open, store, new TableSweep(open, Table.PIECES, sweep, disk), disk);
    }
}
