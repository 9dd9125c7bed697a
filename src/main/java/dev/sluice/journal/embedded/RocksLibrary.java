package dev.sluice.journal.embedded;

import java.io.IOException;
import java.nio.file.Path;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the native library of RocksDB from a file in the data directory, where nobody else can put one in its place. Left to
 * itself RocksDB takes a new file of the temporary directory each time, and what is killed leaves it there. This one is
 * written anew from the jar at each start, and removed at an orderly stop.
 */
final class RocksLibrary {

    private static final Logger log = LoggerFactory.getLogger(RocksLibrary.class);

    /** With this, an operator chooses a directory; RocksDB looks at it. */
    private static final String CHOSEN = "ROCKSDB_SHAREDLIB_DIR";

    private RocksLibrary() {}

    /** Loads it once in a process, before anything else of RocksDB is touched. */
    static void load(Path directory) {
        if (System.getenv(CHOSEN) == null) {
            try {
                NativeLibraryLoader.getInstance()
                        .loadLibrary(directory.toAbsolutePath().toString());
            } catch (IOException | RuntimeException | UnsatisfiedLinkError e) { // a volume without execution, say
                log.info("The library of RocksDB is loaded from the temporary directory: {}", e.toString());
            }
        }
        RocksDB.loadLibrary();
    }
}
