package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Directories with all that is in them. */
public final class Trees {

    private Trees() {}

    /** Deletes a directory; does nothing if there is none. */
    public static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> all;
        try (var paths = Files.walk(directory)) {
            all = paths.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.deleteIfExists(path);
        }
    }

    /** Bytes of all files; what vanishes meanwhile is not counted. */
    public static long size(Path directory) throws IOException {
        try (var paths = Files.walk(directory)) {
            return paths.mapToLong(Trees::sizeOf).sum();
        } catch (UncheckedIOException e) {
            return 0; // a directory has vanished under the walk
        }
    }

    private static long sizeOf(Path path) {
        try {
            return Files.isRegularFile(path) ? Files.size(path) : 0;
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
