package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;

/** The two databases of a journal, which share a directory, memory and a disk. */
final class RocksStores implements Stores {

    static final String BODIES = "bodies";

    /** Two to this power are the shards of the cache: few, so that each has room beside what write buffers take of it. */
    private static final int CACHE_SHARD_BITS = 2;

    /** The part of the cache in which data does not replace indexes and filters. */
    private static final double FOR_INDEXES = 0.5;

    private final Cache cache = new LRUCache(RocksMemory.bytes(), CACHE_SHARD_BITS, false, FOR_INDEXES);
    private boolean closed; // guarded by the cache
    private @Nullable DiskSpace disk;
    private @Nullable RocksStore main;
    private @Nullable RocksStore bodies;

    private RocksStores() {}

    /**
     * Opens both databases, creating missing ones.
     *
     * @throws JournalUnavailableException if one of them cannot be opened; the message says what to do
     */
    static RocksStores open(Path directory) {
        return open(directory, null);
    }

    /**
     * As {@link #open(Path)}.
     *
     * @param minFree free bytes of the disk below which new jobs are refused; null for the usual
     */
    static RocksStores open(Path directory, @Nullable Long minFree) {
        try {
            DataDirectory.prepare(directory);
        } catch (IOException e) {
            throw Diagnosis.ofOpening(directory, e);
        }
        RocksLibrary.load(directory);
        RocksStores stores = new RocksStores();
        try {
            stores.openAll(directory, minFree);
            return stores;
        } catch (IOException e) {
            stores.close();
            throw Diagnosis.ofOpening(directory, e);
        } catch (RuntimeException e) {
            stores.close();
            throw e;
        }
    }

    private void openAll(Path directory, @Nullable Long minFree) throws IOException {
        disk = new DiskSpace(directory, minFree);
        RocksDirectory outer = RocksDirectory.check(directory, RocksKind.MAIN, cache);
        main = new RocksStore(outer, disk);
        Path inside = directory.resolve(BODIES);
        Watermark.Mark mine = outer.watermark().mark();
        if (outer.isUnmarked() && Files.isDirectory(inside) && Integrity.isStore(inside)) {
            throw Diagnosis.ofMissingWatermark(directory);
        }
        if (mine.times() > 0 && !mine.pending() && !(Files.isDirectory(inside) && Integrity.isStore(inside))) {
            throw Diagnosis.ofDamage(directory, "the directory " + BODIES + " in it is missing or empty.");
        }
        DataDirectory.prepare(inside);
        RocksDirectory inner = RocksDirectory.check(inside, RocksKind.BODIES, cache);
        bodies = new RocksStore(inner, disk);
        if (inner.isUnmarked()) {
            throw Diagnosis.ofMissingWatermark(inside);
        }
        main.open(times(directory, mine, inner.watermark().mark()), true);
        bodies.open(outer.watermark().mark().times(), false);
        outer.watermark().settled();
        disk.start();
    }

    /**
     * Returns the number of this opening, after verifying that both databases have the same number: one of them may
     * have been restored from a copy. Both count how often they were opened, one after the other; a database without a
     * count is not compared. An opening interrupted between the two is counted once, however often it is retried.
     */
    private static long times(Path directory, Watermark.Mark main, Watermark.Mark bodies) {
        if (main.pending() && bodies.times() == main.times() - 1) {
            return main.times();
        }
        if (main.times() > 0 && bodies.times() > 0 && main.times() != bodies.times()) {
            throw Diagnosis.ofDamage(
                    directory,
                    "the directory " + BODIES + " in it is of another time: it was opened " + bodies.times()
                            + " times, the rest " + main.times() + " times.");
        }
        return Math.max(main.times(), bodies.times()) + 1;
    }

    @Override
    public Store main() {
        return opened(main);
    }

    @Override
    public Store bodies() {
        return opened(bodies);
    }

    /** Write buffers are charged to the cache. */
    @Override
    public long memory() {
        synchronized (cache) {
            return closed ? 0 : cache.getUsage();
        }
    }

    @Override
    public void close() {
        if (disk != null) {
            disk.close();
        }
        if (bodies != null) {
            bodies.close();
        }
        if (main != null) {
            main.close();
        }
        synchronized (cache) {
            closed = true;
            cache.close();
        }
    }

    private static Store opened(@Nullable RocksStore store) {
        if (store == null) {
            throw new IllegalStateException("the stores are not open");
        }
        return store;
    }
}
