package dev.sluice.journal.embedded;

import static dev.sluice.journal.embedded.StoreFiles.bytes;
import static dev.sluice.journal.embedded.StoreFiles.delete;
import static dev.sluice.journal.embedded.StoreFiles.files;
import static dev.sluice.journal.embedded.StoreFiles.flush;
import static dev.sluice.journal.embedded.StoreFiles.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.InMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was deleted is gone from all files a day later, and other files are left alone. */
class SweepTest {

    private static final Instant NOW = Instant.parse("2026-11-23T13:41:07Z");
    private static final Instant NEXT_DAY = NOW.plus(Sweeper.PAUSE);

    @TempDir(factory = InMemory.class)
    private Path directory;

    private final Random random = new Random(3);

    @Test
    void deletedRowsAreGoneFromTablesADayLater() {
        with(directory, stores -> {
            Store store = stores.main();
            store.sweep(NOW);
            put(store, Table.REQUESTS, "a", value("<before>"));
            put(store, Table.REQUESTS, "b", value("%{erased}"));
            put(store, Table.REQUESTS, "c", value("[(kept)]"));
            flush(store, Table.REQUESTS);
            delete(store, Table.REQUESTS, "b");
            store.sweep(NOW.plusSeconds(60));
            assertThat(holding("%{erased}", ".sst")).isNotEmpty();
            store.sweep(NEXT_DAY);
            assertThat(holding("%{erased}", ".sst")).isEmpty();
            assertThat(holding("[(kept)]", ".sst")).isNotEmpty();
            assertThat(store.get(Table.REQUESTS, bytes("c"))).isNotNull();
        });
    }

    @Test
    void onlyTheFileThatHoldsADeletedPieceIsRewritten() {
        with(directory, stores -> {
            Store store = stores.bodies();
            store.sweep(NOW);
            for (int file = 0; file < 4; file++) {
                piece(store, file + "-first body", "kept " + file);
                piece(store, file + "-second body", "erased " + file);
                flush(store, Table.PIECES);
            }
            List<Path> before = files(bodies(), ".blob");
            assertThat(before).hasSize(4);
            try (Store.Batch batch = store.batch()) {
                batch.deleteRange(Table.PIECES, bytes("2-second"), bytes("2-t"));
                store.write(batch, true);
            }
            store.sweep(NEXT_DAY);
            assertThat(holding("erased 2", ".blob")).isEmpty();
            assertThat(holding("kept 2", ".blob")).hasSize(1);
            assertThat(store.get(Table.PIECES, bytes("2-first body0000"))).startsWith(bytes("kept 2"));
            List<Path> after = new ArrayList<>(files(bodies(), ".blob"));
            assertThat(after)
                    .contains(before.get(0), before.get(1), before.get(3))
                    .doesNotContain(before.get(2));
        });
    }

    @Test
    void tablesWithoutAnythingDeletedAreLeftAlone() {
        with(directory, stores -> {
            Store store = stores.main();
            store.sweep(NOW);
            put(store, Table.RESULTS, "a", value(100_000));
            flush(store, Table.RESULTS);
            List<Path> before = files(directory, ".sst");
            put(store, Table.REQUESTS, "a", value(1_000));
            delete(store, Table.REQUESTS, "a");
            store.sweep(NEXT_DAY);
            assertThat(files(directory, ".sst")).containsAll(before);
        });
    }

    @Test
    void closingDoesNotWaitForASweep() throws InterruptedException {
        RocksStores stores = RocksStores.open(directory);
        Store store = stores.bodies();
        store.sweep(NOW);
        for (int i = 0; i < 400; i++) {
            piece(store, String.format("%03d-body", i), "text");
        }
        flush(store, Table.PIECES);
        delete(store, Table.PIECES, "200-body0000");
        List<Throwable> failures = new ArrayList<>();
        Thread sweep = new Thread(() -> {
            try {
                store.sweep(NEXT_DAY);
            } catch (RuntimeException e) {
                failures.add(e); // the store is being closed
            }
        });
        sweep.start();
        stores.close();
        sweep.join(5_000);
        assertThat(sweep.isAlive()).isFalse();
    }

    private void piece(Store store, String body, String text) {
        byte[] value = value(20_000);
        System.arraycopy(bytes(text), 0, value, 0, text.length());
        put(store, Table.PIECES, body + "0000", value, false);
    }

    /** A text that no compression can shorten, for what follows. */
    private byte[] value(String text) {
        byte[] value = value(1_000);
        System.arraycopy(bytes(text), 0, value, 0, text.length());
        return value;
    }

    private byte[] value(int size) {
        byte[] value = new byte[size];
        random.nextBytes(value);
        return value;
    }

    private Path bodies() {
        return directory.resolve("bodies");
    }

    private List<Path> holding(String text, String ending) {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(file -> file.toString().endsWith(ending))
                    .filter(file -> content(file).contains(text))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // deleted meanwhile
        }
    }

    private static void with(Path directory, Consumer<RocksStores> test) {
        try (RocksStores stores = RocksStores.open(directory)) {
            test.accept(stores);
        }
    }
}
