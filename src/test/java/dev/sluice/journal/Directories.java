package dev.sluice.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Copies a directory as a killed process would have left it. */
final class Directories {

    private Directories() {}

    /**
     * What is copied while a journal writes is what a kill leaves only if the watermark is no newer than the log it speaks of.
     */
    private static final Comparator<Path> KILLED = Comparator.comparing((Path path) -> Files.isRegularFile(path))
            .thenComparing(path -> !path.endsWith("WATERMARK"));

    static void copy(Path from, Path to) {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path path : tree.sorted(KILLED).toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
