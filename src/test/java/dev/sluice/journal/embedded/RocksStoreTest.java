package dev.sluice.journal.embedded;

import static dev.sluice.journal.embedded.StoreFiles.bytes;
import static dev.sluice.journal.embedded.StoreFiles.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.InMemory;
import dev.sluice.Mount;
import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a store in files does, also when its disk is full or its directory is not as it should be. */
class RocksStoreTest {

    @TempDir(factory = InMemory.class)
    private Path temporary;

    @Test
    void rowsComeInOrderBothWays() {
        try (RocksStores stores = RocksStores.open(temporary.resolve("journal"))) {
            Store store = stores.main();
            for (String key : List.of("b", "d", "a", "c", "\u00ff")) {
                put(store, Table.OPEN, key, bytes(key));
            }
            List<String> up = new ArrayList<>();
            store.scan(Table.OPEN, bytes("b"), null, (key, value) -> up.add(text(key)));
            assertThat(up).containsExactly("b", "c", "d", "\u00ff");
            List<String> some = new ArrayList<>();
            store.scan(Table.OPEN, bytes("a"), bytes("d"), (key, value) -> some.add(text(key)) && some.size() < 2);
            assertThat(some).containsExactly("a", "b");
            assertThat(down(store, "b", "d")).containsExactly("c", "b");
            assertThat(down(store, "", null)).containsExactly("\u00ff", "d", "c", "b", "a");
        }
    }

    @Test
    void aBatchTakesEffectAsAWholeAndIsThereAfterTheNextStart() {
        Path directory = temporary.resolve("journal");
        try (RocksStores stores = RocksStores.open(directory);
                Store.Batch batch = stores.main().batch()) {
            put(stores.main(), Table.OPEN, "gone", bytes("1"));
            put(stores.main(), Table.EVENTS, "gone 1", bytes("1"));
            put(stores.main(), Table.EVENTS, "gone 2", bytes("1"));
            assertThat(batch.isEmpty()).isTrue();
            batch.put(Table.DONE, bytes("key"), bytes("value"));
            batch.delete(Table.OPEN, bytes("gone"));
            batch.deleteRange(Table.EVENTS, bytes("gone"), bytes("gonf"));
            assertThat(batch.isEmpty()).isFalse();
            assertThat(stores.main().get(Table.DONE, bytes("key"))).isNull();
            stores.main().write(batch, true);
        }
        try (RocksStores stores = RocksStores.open(directory)) {
            assertThat(stores.main().get(Table.DONE, bytes("key"))).isEqualTo(bytes("value"));
            assertThat(down(stores.main(), Table.OPEN, "", null)).isEmpty();
            assertThat(down(stores.main(), Table.EVENTS, "", null)).isEmpty();
        }
    }

    @Test
    void theDirectoryIsItsOwnersOnly() throws Exception {
        Path directory = temporary.resolve("journal");
        RocksStores.open(directory).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                .isEqualTo("rwx------");
    }

    @Test
    void aDirectoryThatIsThereIsKeptFromOthersAndThatOfAGroupLeftAlone() throws Exception {
        Path directory = temporary.resolve("journal");
        RocksStores.open(directory).close();
        Path inside = directory.resolve(RocksStores.BODIES);
        Path file = directory.resolve(Watermark.NAME);
        allow("rwxr-xr-x", directory, inside);
        allow("rw-r--r--", file);
        RocksStores.open(directory).close();
        assertThat(allowed(directory)).isEqualTo("rwx------");
        assertThat(allowed(inside)).isEqualTo("rwx------");
        assertThat(allowed(file)).isEqualTo("rw-------");
        allow("rwxr-x---", directory, inside);
        RocksStores.open(directory).close();
        assertThat(allowed(directory)).isEqualTo("rwxr-x---");
        assertThat(allowed(inside)).isEqualTo("rwxr-x---");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theNativeLibraryIsOneFileAndNotANewOneOfTheTemporaryDirectory() throws Exception {
        RocksStores.open(temporary.resolve("journal")).close();
        try (Stream<String> mapped = Files.lines(Path.of("/proc/self/maps"))) {
            assertThat(mapped.filter(line -> line.contains("librocksdbjni")))
                    .isNotEmpty()
                    .noneMatch(line -> line.matches(".*librocksdbjni[0-9]+\\.so.*"));
        }
    }

    private static void allow(String permissions, Path... paths) throws IOException {
        for (Path path : paths) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }
    }

    private static String allowed(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void aDirectoryOpenedTwiceNamesTheOtherProcess() {
        Path directory = temporary.resolve("journal");
        try (RocksStores stores = RocksStores.open(directory)) {
            assertThatThrownBy(() -> RocksStores.open(directory))
                    .isInstanceOf(JournalUnavailableException.class)
                    .hasMessageContaining("has it open")
                    .hasMessageContaining("sluice.journal.path");
            put(stores.main(), Table.OPEN, "key", bytes("value"));
        }
        RocksStores.open(directory).close();
    }

    @Test
    void aTableThatWasAddedByANewerVersionEndsInOneMessageAndLeavesNoLock() throws Exception {
        Path directory = temporary.resolve("journal");
        try (RocksStores stores = RocksStores.open(directory)) {
            ((RocksStore) stores.main()).using(open -> {
                open.db()
                        .createColumnFamily(new org.rocksdb.ColumnFamilyDescriptor(bytes("from-tomorrow")))
                        .close();
                return true;
            });
        }
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> RocksStores.open(directory))
                    .isInstanceOf(JournalUnavailableException.class)
                    .hasMessageContaining("newer version");
        }
    }

    @Test
    @Timeout(60)
    void onAFullDiskReadingGoesOnAndDeletingIsTheWayOut() throws Exception {
        try (Mount mount = Mount.of(temporary.resolve("mount"), "48m")) {
            Path directory = mount.path().resolve("journal");
            List<String> kept = new ArrayList<>();
            try (RocksStores stores = RocksStores.open(directory)) {
                Store store = stores.main();
                fill(store, kept);
                assertThat(store.space()).isEqualTo(Store.Space.SCARCE);
                assertThat(Files.exists(directory.resolve("RESERVE"))).isFalse();

                int tries = 0;
                while (!recovered(store)) {
                    for (int i = tries++ % 7; i < kept.size(); i += 7) {
                        assertThat(store.get(Table.REQUESTS, bytes(kept.get(i))))
                                .isNotNull();
                    }
                }
                try (Store.Batch batch = store.batch()) {
                    kept.subList(50, kept.size()).forEach(key -> batch.delete(Table.REQUESTS, bytes(key)));
                    store.write(batch, true);
                }
                kept.subList(50, kept.size()).clear();
                while (store.space() != Store.Space.NORMAL && !Thread.interrupted()) {
                    store.sweep(Instant.EPOCH);
                }
                put(store, Table.REQUESTS, "later", new byte[100_000]);
                kept.add("later");
            }
            try (RocksStores stores = RocksStores.open(directory)) {
                assertThat(down(stores.main(), Table.REQUESTS, "", null)).containsExactlyInAnyOrderElementsOf(kept);
            }
        }
    }

    private static void fill(Store store, List<String> kept) {
        byte[] value = new byte[30_000];
        new Random(1).nextBytes(value);
        for (int i = 0; i < 4_000; i++) {
            try {
                put(store, Table.REQUESTS, "key " + i, value);
                kept.add("key " + i);
            } catch (JournalUnavailableException e) {
                assertThat(e).hasMessageContaining("the disk is full");
                return;
            }
        }
        throw new AssertionError("120 MB fit on a disk of 48 MB");
    }

    private static boolean recovered(Store store) {
        try {
            store.recover();
            return true;
        } catch (JournalUnavailableException e) {
            return false;
        }
    }

    private static List<String> down(Store store, String from, String to) {
        return down(store, Table.OPEN, from, to);
    }

    private static List<String> down(Store store, Table table, String from, String to) {
        List<String> keys = new ArrayList<>();
        try (Store.Cursor cursor = store.descending(table, bytes(from), to == null ? null : bytes(to))) {
            for (; cursor.isValid(); cursor.next()) {
                keys.add(text(cursor.key()));
            }
        }
        return keys;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
