package dev.sluice.journal.embedded;

import java.io.IOException;
import java.nio.file.Path;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the native library of RocksDB from a file in the data directory, where nobody else can replace it. By default
 * RocksDB extracts it to a new file in the temporary directory each time, which a killed process leaves behind. This
 * file is extracted at each start and removed at an orderly stop.
 */
final class RocksLibrary {

    private static final Logger log = LoggerFactory.getLogger(RocksLibrary.class);

    /** The system property of RocksDB by which an operator chooses a directory. */
    private static final String CHOSEN = "ROCKSDB_SHAREDLIB_DIR";

    private RocksLibrary() {}

    /** Loads the library once per process, before any other use of RocksDB. */
    static void load(Path directory) {
        if (System.getenv(CHOSEN) == null) {
            try {
                NativeLibraryLoader.getInstance()
                        .loadLibrary(directory.toAbsolutePath().toString());
            } catch (IOException | RuntimeException | UnsatisfiedLinkError e) { // for example a volume mounted noexec
                log.info("The library of RocksDB is loaded from the temporary directory: {}", e.toString());
            }
        }
        RocksDB.loadLibrary();
    }
}
