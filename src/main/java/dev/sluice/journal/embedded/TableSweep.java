package dev.sluice.journal.embedded;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes deleted rows from the files of one table. RocksDB writes a tombstone, and drops tombstone and row when both
 * have reached the last level. So files with tombstones are compacted, one after another, together with the files that
 * they overlap below; other files are left alone.
 */
final class TableSweep {

    private static final Logger log = LoggerFactory.getLogger(TableSweep.class);

    private final RocksDatabase database;
    private final Table table;
    private final Sweep sweep;
    private final DiskSpace disk;

    TableSweep(RocksDatabase database, Table table, Sweep sweep, DiskSpace disk) {
        this.database = database;
        this.table = table;
        this.sweep = sweep;
        this.disk = disk;
    }

    /** Compacts one file with tombstones and what it overlaps; false if there is none that was not tried yet. */
    boolean step(Set<String> tried) throws RocksDBException {
        List<LiveFileMetaData> files = files();
        Optional<LiveFileMetaData> next = files.stream()
                .filter(file -> file.numDeletions() > 0 && !tried.contains(file.fileName()))
                .min(Comparator.comparingInt(LiveFileMetaData::level).thenComparing(LiveFileMetaData::fileName));
        if (next.isEmpty()) {
            return false;
        }
        LiveFileMetaData file = next.get();
        tried.add(file.fileName());
        // The newest files go down together, to a level where what is sparse in them was cut along the files below: one
        // key of them is enough for that. From there each goes on for itself.
        byte[] to = file.level() == 0 ? file.smallestKey() : file.largestKey();
        long needed = needed(files, file);
        if (needed > disk.usable()) {
            log.warn(
                    "No room to sweep {} of {}: {} MB are needed for a while",
                    file.fileName(),
                    table.label(),
                    needed >> 20);
            return true;
        }
        boolean wasLow = disk.space() != Store.Space.NORMAL; // may change while the compaction fails
        try {
            compact(file.smallestKey(), to);
        } catch (RocksDBException e) {
            sweep.check();
            boolean stillLow = disk.space() != Store.Space.NORMAL || disk.spare() < 0;
            if (!(wasLow || stillLow) || Diagnosis.isDamage(e)) {
                throw e;
            }
            log.warn("No room to sweep {} of {} (RocksDB: {})", file.fileName(), table.label(), e.getMessage());
        }
        return true;
    }

    /** Compacts everything from one key to another. */
    void compact(byte[] from, byte[] to) throws RocksDBException {
        try (CompactRangeOptions how = sweep.begin()) {
            database.db().compactRange(database.table(table), from, to, how);
        } finally {
            sweep.end();
        }
    }

    /** Returns the files of this table with tombstones. */
    Set<String> marked() {
        Set<String> names = new HashSet<>();
        for (LiveFileMetaData file : files()) {
            if (file.numDeletions() > 0) {
                names.add(file.fileName());
            }
        }
        return names;
    }

    private List<LiveFileMetaData> files() {
        byte[] name = table.label().getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        List<LiveFileMetaData> files = new ArrayList<>();
        for (LiveFileMetaData file : database.db().getLiveFilesMetaData()) {
            if (Arrays.equals(file.columnFamilyName(), name)) {
                files.add(file);
            }
        }
        return files;
    }

    /** Estimates the temporary space for rewriting a file and what it overlaps. */
    private static long needed(List<LiveFileMetaData> files, LiveFileMetaData one) {
        long bytes = 0;
        long marks = 0;
        long rows = 1;
        for (LiveFileMetaData file : files) {
            if (Arrays.compareUnsigned(file.smallestKey(), one.largestKey()) <= 0
                    && Arrays.compareUnsigned(file.largestKey(), one.smallestKey()) >= 0) {
                bytes += file.size();
                marks += file.numDeletions();
                rows += file.numEntries() - file.numDeletions();
            }
        }
        return (long) (bytes * Math.max(0, 1 - (double) marks / rows));
    }
}
