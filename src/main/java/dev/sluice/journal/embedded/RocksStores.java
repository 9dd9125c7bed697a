package dev.sluice.journal.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;

/** The two databases of a journal, which have a directory, memory and a disk in common. */
final class RocksStores implements AutoCloseable {

    static {
        RocksDB.loadLibrary();
    }

    private static final String BODIES = "bodies";
    private static final long MEMORY = 96L << 20; // write buffers and block cache together

    private final Cache cache;
    private final RocksStore main;
    private final RocksStore bodies;

    private RocksStores(Cache cache, RocksStore main, RocksStore bodies) {
        this.cache = cache;
        this.main = main;
        this.bodies = bodies;
    }

    /**
     * Opens both, making what is not there.
     *
     * @throws dev.sluice.journal.JournalUnavailableException if one of them cannot be opened; the message says what to do
     */
    static RocksStores open(Path directory) {
        Cache cache = new LRUCache(MEMORY);
        RocksStore main = null;
        try {
            make(directory);
            main = RocksStore.open(directory, RocksKind.MAIN, cache);
            make(directory.resolve(BODIES));
            return new RocksStores(cache, main, RocksStore.open(directory.resolve(BODIES), RocksKind.BODIES, cache));
        } catch (IOException e) {
            close(main, cache);
            throw Diagnosis.ofOpening(directory, e);
        } catch (RuntimeException e) {
            close(main, cache);
            throw e;
        }
    }

    Store main() {
        return main;
    }

    Store bodies() {
        return bodies;
    }

    @Override
    public void close() {
        bodies.close();
        close(main, cache);
    }

    private static void close(@org.jspecify.annotations.Nullable RocksStore main, Cache cache) {
        if (main != null) {
            main.close();
        }
        cache.close();
    }

    /** Bodies and credentials of strangers are in it: only its owner may look. */
    private static void make(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectories(directory);
        }
    }
}
