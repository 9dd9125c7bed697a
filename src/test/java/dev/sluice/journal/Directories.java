package dev.sluice.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Copies a directory: while nothing is being written, the copy is what a killed process would have left. */
final class Directories {

    private Directories() {}

    static void copy(Path from, Path to) {
        try (Stream<Path> tree = Files.walk(from)) {
            List<Path> paths = tree.toList();
            for (Path path : paths) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
