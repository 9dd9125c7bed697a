package dev.sluice;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.rocksdb.NativeLibraryLoader;

/**
 * The native library of RocksDB in a test's process. A journal loads it from its own directory, and what a process has loaded
 * from a file system keeps that mounted; so tests that mount one load it before, from a file that goes at once.
 */
final class NativeRocks {

    private NativeRocks() {}

    static void load() {
        try {
            Path elsewhere = Files.createTempDirectory("sluice-library");
            NativeLibraryLoader.getInstance().loadLibrary(elsewhere.toString());
            try (Stream<Path> files = Files.list(elsewhere)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(elsewhere);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
