package dev.sluice.journal.embedded;

import static dev.sluice.journal.embedded.StoreFiles.bytes;
import static dev.sluice.journal.embedded.StoreFiles.contents;
import static dev.sluice.journal.embedded.StoreFiles.copy;
import static dev.sluice.journal.embedded.StoreFiles.cut;
import static dev.sluice.journal.embedded.StoreFiles.flipBit;
import static dev.sluice.journal.embedded.StoreFiles.flush;
import static dev.sluice.journal.embedded.StoreFiles.last;
import static dev.sluice.journal.embedded.StoreFiles.manifest;
import static dev.sluice.journal.embedded.StoreFiles.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.InMemory;
import dev.sluice.journal.Health;
import dev.sluice.journal.JournalUnavailableException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A start finds everything that was acknowledged, or refuses, names the file and changes nothing. */
class DamageTest {

    private static final int ROWS = 400;

    @TempDir(factory = InMemory.class)
    private Path temporary;

    private final Random random = new Random(11);
    private Path directory;

    /** Some rows are in tables and blob files, later ones in a log that is still needed, the last ones in the newest. */
    @BeforeEach
    void fill() throws IOException {
        Path running = temporary.resolve("running");
        directory = temporary.resolve("journal");
        try (RocksStores stores = RocksStores.open(running)) {
            for (int i = 0; i < ROWS; i++) {
                put(stores.main(), Table.REQUESTS, "request " + i, value(300), false);
                put(stores.main(), Table.OPEN, "job " + i, value(100), i % 20 == 19);
                if (i < 40) {
                    put(stores.bodies(), Table.PIECES, "body " + i, value(8_000), i % 20 == 19);
                }
                if (i == 200) {
                    flush(stores.main(), Table.REQUESTS, Table.OPEN);
                    flush(stores.bodies(), Table.PIECES);
                }
                if (i == 300) {
                    flush(stores.main(), Table.REQUESTS); // and the log before it stays, for the other table
                }
            }
            copy(running, directory);
        }
    }

    @Test
    void whatAKilledProcessLeftOpens() {
        assertAllThere();
        assertAllThere();
    }

    /** What is left of a block differs with every record: the log goes on behind it, whatever its length. */
    @Test
    void whatAKilledProcessLeftOpensWhereverABlockOfItsLogEnds() throws IOException {
        Path running = temporary.resolve("long");
        Path killed = temporary.resolve("killed");
        try (RocksStores stores = RocksStores.open(running)) {
            for (int i = 0; i < 30_000; i++) {
                put(stores.main(), Table.OPEN, "job " + i, value(100 + random.nextInt(100)), i % 1_000 == 999);
            }
            copy(running, killed);
        }
        assertThat(Files.size(last(killed, ".log"))).as("some hundred blocks").isGreaterThan(100 * 32 * 1024);
        try (RocksStores stores = RocksStores.open(killed)) {
            assertThat(stores.main().get(Table.OPEN, bytes("job 29999"))).isNotNull();
        }
    }

    @Test
    void aTornTailThatWasNeverAcknowledgedIsCut() throws IOException {
        Path log = last(directory, ".log");
        cut(log, end(log));
        Files.write(log, value(5_000), StandardOpenOption.APPEND);
        assertAllThere();
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 40_000, 60_000})
    void aFlippedBitInALogIsRefused(int at) throws IOException {
        Path log = last(directory, ".log");
        flipBit(log, Math.min(at, end(log) - 100));
        assertRefused(name(log), "are missing");
    }

    @Test
    void aFlippedBitInAnOlderLogIsRefused() throws IOException {
        Path log = StoreFiles.files(directory, ".log").get(0);
        flipBit(log, end(log) - 200);
        assertRefused(name(log));
    }

    @Test
    void aLogThatWasCutIsRefused() throws IOException {
        Path log = last(directory, ".log");
        cut(log, end(log) - 40);
        assertRefused(name(log), "1 of", "are missing");
    }

    @Test
    void aMissingLogIsRefused() throws IOException {
        Files.delete(last(directory, ".log"));
        assertRefused(".log", "are missing");
    }

    @Test
    void aMissingOlderLogIsRefused() throws IOException {
        Path log = StoreFiles.files(directory, ".log").get(0);
        Files.delete(log);
        assertRefused(name(log));
    }

    @Test
    void missingLogsAreRefused() throws IOException {
        for (Path log : StoreFiles.files(directory, ".log")) {
            Files.delete(log);
        }
        assertRefused(".log");
    }

    @Test
    void anOlderLogInPlaceOfANewerOneIsRefused() throws IOException {
        Path log = last(directory, ".log");
        cut(log, end(log) / 2); // as it was when half of it was written
        assertRefused(name(log), "are missing");
    }

    @Test
    void aMissingTableIsRefused() throws IOException {
        Path table = last(directory, ".sst");
        Files.delete(table);
        assertRefused(name(table));
    }

    @Test
    void aTableThatWasCutIsRefused() throws IOException {
        Path table = last(directory, ".sst");
        cut(table, Files.size(table) - 1);
        assertRefused(name(table));
    }

    @Test
    void aTableInPlaceOfAnotherIsRefused() throws IOException {
        Path other = temporary.resolve("other");
        try (RocksStores stores = RocksStores.open(other)) {
            for (int i = 0; i <= 200; i++) {
                put(stores.main(), Table.REQUESTS, "request " + i, value(300), false);
            }
            flush(stores.main(), Table.REQUESTS);
            byte[] theirs = Files.readAllBytes(last(other, ".sst"));
            Path table = last(directory, ".sst");
            Files.write(table, Arrays.copyOf(theirs, (int) Files.size(table)));
            assertRefused(name(table));
        }
    }

    @Test
    void aDamagedEndOfATableIsRefused() throws IOException {
        Path table = last(directory, ".sst");
        flipBit(table, Files.size(table) - 20);
        assertRefused(name(table));
    }

    @Test
    void aMissingBlobFileIsRefused() throws IOException {
        Path blobs = last(directory.resolve("bodies"), ".blob");
        Files.delete(blobs);
        assertRefused(name(blobs), "missing");
    }

    @Test
    void aBlobFileThatWasCutIsRefused() throws IOException {
        Path blobs = last(directory.resolve("bodies"), ".blob");
        cut(blobs, Files.size(blobs) - 10);
        assertRefused(name(blobs), "damaged");
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 60, 700})
    void aFlippedBitInTheManifestIsRefused(int at) throws IOException {
        flipBit(manifest(directory), at);
        assertRefused("manifest");
    }

    @Test
    void aManifestThatWasCutIsRefused() throws IOException {
        Path manifest = manifest(directory);
        cut(manifest, Files.size(manifest) / 2);
        assertRefused();
    }

    @Test
    void aMissingManifestIsRefused() throws IOException {
        Files.delete(manifest(directory));
        assertRefused("manifest");
    }

    @Test
    void aFlippedBitInCurrentIsRefused() throws IOException {
        flipBit(directory.resolve("CURRENT"), 12);
        assertRefused("CURRENT");
    }

    @Test
    void aMissingCurrentMakesNoEmptyDatabase() throws IOException {
        Files.delete(directory.resolve("CURRENT"));
        assertRefused("CURRENT", "missing");
    }

    @Test
    void theManifestOfAnotherTimeIsRefused() throws IOException {
        Path before = temporary.resolve("before");
        copy(directory, before);
        try (RocksStores stores = RocksStores.open(directory)) {
            put(stores.main(), Table.OPEN, "later", value(10));
            stores.close();
        }
        Files.copy(before.resolve("CURRENT"), directory.resolve("CURRENT"), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(manifest(before), directory.resolve(name(manifest(before))), StandardCopyOption.REPLACE_EXISTING);
        assertRefused();
    }

    @Test
    void aDirectoryRestoredAsAWholeOpens() throws IOException {
        Path before = temporary.resolve("before");
        copy(directory, before);
        try (RocksStores stores = RocksStores.open(directory)) {
            put(stores.main(), Table.OPEN, "later", value(10));
        }
        StoreFiles.remove(directory);
        copy(before, directory);
        assertAllThere();
    }

    @Test
    void bodiesOfAnotherTimeAreRefused() throws IOException {
        Path before = temporary.resolve("before");
        copy(directory.resolve("bodies"), before);
        RocksStores.open(directory).close();
        StoreFiles.remove(directory.resolve("bodies"));
        copy(before, directory.resolve("bodies"));
        assertThatThrownBy(() -> RocksStores.open(directory))
                .isInstanceOf(JournalUnavailableException.class)
                .hasMessageContaining("bodies")
                .hasMessageContaining("of another time");
    }

    /** As when the process is killed when the one is open and the other is not yet, start after start. */
    @Test
    void anOpeningThatWasInterruptedTwiceOpens() throws IOException {
        Path lock = directory.resolve("bodies/LOCK");
        Files.delete(lock);
        Files.createDirectory(lock);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> RocksStores.open(directory)).isInstanceOf(JournalUnavailableException.class);
        }
        Files.delete(lock);
        assertAllThere();
        assertAllThere();
    }

    @Test
    void missingBodiesAreRefused() throws IOException {
        StoreFiles.remove(directory.resolve("bodies"));
        assertThatThrownBy(() -> RocksStores.open(directory))
                .isInstanceOf(JournalUnavailableException.class)
                .hasMessageContaining("bodies")
                .hasMessageContaining("missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"WATERMARK", "bodies/WATERMARK"})
    void aMissingWatermarkIsRefusedAndAnEmptyOneStartsWithoutIt(String file) throws IOException {
        Files.delete(directory.resolve(file));
        assertRefused("WATERMARK", "missing", "empty file");
        Files.createFile(directory.resolve(file));
        assertAllThere();
        assertThat(directory.resolve(file)).isNotEmptyFile();
    }

    @ParameterizedTest
    @ValueSource(strings = {"WATERMARK", "bodies/WATERMARK"})
    void aDamagedWatermarkIsRefused(String file) throws IOException {
        Files.write(directory.resolve(file), value(128));
        assertRefused("WATERMARK", "damaged", "empty file");
    }

    @Test
    void damageInTheMiddleOfATableIsToldAsDamageWhenItIsReadAndByAScrub() throws Exception {
        Path table = last(directory, ".sst");
        flipBit(table, 2_000);
        try (RocksStores stores = RocksStores.open(directory)) {
            RocksStore main = (RocksStore) stores.main();
            String told = "";
            for (int i = 0; i <= ROWS && told.isEmpty(); i++) {
                told = reading(main, Table.REQUESTS, "request " + i) + reading(main, Table.OPEN, "job " + i);
            }
            assertThat(told).contains(name(table)).contains("damaged").doesNotContain("has it open");
            assertThat(main.damage()).contains(name(table));
        }
    }

    @Test
    void aScrubFindsDamageThatNobodyReads() throws Exception {
        Path blobs = last(directory.resolve("bodies"), ".blob");
        flipBit(blobs, Files.size(blobs) / 2);
        try (RocksStores stores = RocksStores.open(directory)) {
            RocksStore bodies = (RocksStore) stores.bodies();
            bodies.scrub();
            assertThat(bodies.damage()).contains(name(blobs)).contains("damaged");
            assertThat(stores.main().damage()).isNull();
            SimpleMeterRegistry registry = new SimpleMeterRegistry();
            EmbeddedJournalMeters.stores(registry, stores);
            assertThat(registry.get("sluice.journal.damaged").gauge().value()).isEqualTo(1);
            assertThat(stores.health(new Health(true, "writable")))
                    .isEqualTo(new Health(true, "writable, but " + bodies.damage()));
        }
    }

    @Test
    void aRefusedDirectoryIsNotLocked() throws IOException {
        Path log = last(directory, ".log");
        byte[] whole = Files.readAllBytes(log);
        flipBit(log, 5_000);
        assertRefused(name(log));
        Files.write(log, whole);
        assertAllThere();
    }

    private void assertRefused(String... words) {
        Map<String, String> before = contents(directory);
        assertThatThrownBy(() -> RocksStores.open(directory))
                .isInstanceOf(JournalUnavailableException.class)
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("Restore the directory")
                .message()
                .doesNotContain("has it open")
                .satisfies(message ->
                        assertThat(words).allSatisfy(word -> assertThat(message).contains(word)));
        assertThat(contents(directory)).isEqualTo(before);
    }

    private void assertAllThere() {
        try (RocksStores stores = RocksStores.open(directory)) {
            for (int i = 0; i < ROWS; i++) {
                assertThat(stores.main().get(Table.REQUESTS, bytes("request " + i)))
                        .hasSize(300);
                assertThat(stores.main().get(Table.OPEN, bytes("job " + i))).hasSize(100);
            }
            for (int i = 0; i < 40; i++) {
                assertThat(stores.bodies().get(Table.PIECES, bytes("body " + i)))
                        .hasSize(8_000);
            }
        }
    }

    private static String reading(Store store, Table table, String key) {
        try {
            store.get(table, bytes(key));
            return "";
        } catch (JournalUnavailableException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Where the last record of a log ends; the file may be longer, if it was written over an older one. */
    private static long end(Path log) throws IOException {
        return LogReader.read(log, Long.parseLong(name(log).replace(".log", "")))
                .end();
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private byte[] value(int size) {
        byte[] value = new byte[size];
        random.nextBytes(value);
        return value;
    }
}
