package dev.sluice.journal.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes deleted pieces from blob files. RocksDB deletes such a file when nothing in it is live, and can otherwise
 * only rewrite the oldest ones, whatever they contain. So files with deleted pieces are found by their keys, and their
 * live pieces are rewritten at a limited rate, after which RocksDB deletes the file.
 */
final class BlobSweep {

    private static final Logger log = LoggerFactory.getLogger(BlobSweep.class);
    private static final int BATCH = 8;
    private static final long NANOS_A_BYTE = 1_000_000_000L / (24 << 20); // 24 MB/s

    private final RocksDatabase database;
    private final RocksStore store;
    private final TableSweep rows;
    private final DiskSpace disk;

    BlobSweep(RocksDatabase database, RocksStore store, TableSweep rows, DiskSpace disk) {
        this.database = database;
        this.store = store;
        this.rows = rows;
        this.disk = disk;
    }

    /** Returns the files in use if any of them contains deleted pieces. */
    List<String> files() throws RocksDBException {
        long garbage =
                database.db().getLongProperty(database.table(Table.PIECES), "rocksdb.live-blob-file-garbage-size");
        return garbage == 0
                ? List.of()
                : database.db().getLiveFiles(false).files.stream()
                        .filter(file -> file.endsWith(".blob"))
                        .map(file -> file.substring(file.lastIndexOf('/') + 1))
                        .sorted()
                        .toList();
    }

    /** Evacuates one file that contains deleted pieces; false if it contains none, or there is no room. */
    boolean clean(String name) throws RocksDBException, IOException {
        Path file = store.directory().resolve(name);
        if (!Files.exists(file)) {
            return false; // nothing in it was live
        }
        List<byte[]> used = new ArrayList<>();
        long bytes = 0;
        boolean garbage = false;
        byte[] body = null;
        boolean kept = false;
        try (BlobFile blobs = new BlobFile(file)) {
            while (blobs.next()) {
                byte[] key = blobs.key();
                if (!sameBody(body, key)) { // the pieces of a body are deleted together
                    body = key;
                    kept = database.db().get(database.table(Table.PIECES), key) != null;
                }
                garbage |= !kept;
                if (kept) {
                    used.add(key);
                    bytes += blobs.valueLength();
                }
            }
        }
        if (!garbage) {
            return false;
        }
        if (2 * bytes > disk.usable()) {
            log.warn("No room to sweep {}: {} MB are needed for a while", name, (2 * bytes) >> 20);
            return false;
        }
        rewrite(used);
        return true;
    }

    private void rewrite(List<byte[]> keys) throws RocksDBException {
        for (int from = 0; from < keys.size(); from += BATCH) {
            long begin = System.nanoTime();
            long bytes = store.rewrite(Table.PIECES, keys.subList(from, Math.min(from + BATCH, keys.size())));
            LockSupport.parkNanos(bytes * NANOS_A_BYTE - (System.nanoTime() - begin));
        }
        if (!keys.isEmpty()) {
            try (FlushOptions wait = new FlushOptions()) {
                database.db().flush(wait, database.table(Table.PIECES));
            }
            byte[][] sorted = keys.toArray(byte[][]::new);
            Arrays.sort(sorted, Arrays::compareUnsigned);
            rows.compact(sorted[0], sorted[sorted.length - 1]);
        }
    }

    /** Whether two keys belong to the same body and differ in the number of the piece only. */
    private static boolean sameBody(byte @Nullable [] body, byte[] key) {
        int prefix = key.length - Integer.BYTES;
        return body != null && body.length == key.length && Arrays.equals(body, 0, prefix, key, 0, prefix);
    }
}
