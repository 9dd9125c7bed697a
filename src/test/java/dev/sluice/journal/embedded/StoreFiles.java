package dev.sluice.journal.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDBException;

/** What tests do to a store and to its files. */
final class StoreFiles {

    private StoreFiles() {}

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static void put(Store store, Table table, String key, byte[] value, boolean sync) {
        try (Store.Batch batch = store.batch()) {
            batch.put(table, bytes(key), value);
            store.write(batch, sync);
        }
    }

    static void put(Store store, Table table, String key, byte[] value) {
        put(store, table, key, value, true);
    }

    static void delete(Store store, Table table, String key) {
        try (Store.Batch batch = store.batch()) {
            batch.delete(table, bytes(key));
            store.write(batch, true);
        }
    }

    /** Writes what a table has in memory to files. */
    static void flush(Store store, Table... tables) {
        try {
            ((RocksStore) store).using(open -> {
                try (FlushOptions wait = new FlushOptions()) {
                    open.db().flush(wait, Arrays.stream(tables).map(open::table).toList());
                }
                return true;
            });
        } catch (RocksDBException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The files of a directory, not of those in it, that have such an ending, in order. */
    static List<Path> files(Path directory, String ending) {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path last(Path directory, String ending) {
        List<Path> files = files(directory, ending);
        return files.get(files.size() - 1);
    }

    static Path manifest(Path directory) throws IOException {
        return directory.resolve(Files.readString(directory.resolve("CURRENT")).strip());
    }

    /** Everything in a directory, by path. */
    static Map<String, String> contents(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile)
                    .collect(Collectors.toMap(
                            file -> directory.relativize(file).toString(),
                            StoreFiles::content,
                            (a, b) -> a,
                            TreeMap::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String content(Path file) {
        try {
            return Files.size(file) + " bytes, " + Arrays.hashCode(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** While nothing is being written, the copy is what a killed process would have left. */
    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path path : tree.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
    }

    static void remove(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    static void flipBit(Path file, long at) throws IOException {
        byte[] all = Files.readAllBytes(file);
        all[(int) at] ^= 0x10;
        Files.write(file, all);
    }

    static void cut(Path file, long length) throws IOException {
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) length));
    }
}
