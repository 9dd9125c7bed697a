package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.test.StepVerifier;

/** Shows that BlockHound is on in this run and bites where the gateway must not wait. */
class BlockingCallsTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    @BeforeAll
    static void linkRocksDb() {
        NativeRocks.load();
    }

    @Test
    void sleepingIsFound() {
        assertBlocks(Schedulers.parallel(), () -> {
            TimeUnit.MILLISECONDS.sleep(1);
            return true;
        });
    }

    @Test
    void syncingAFileIsFound() throws Exception {
        try (FileChannel file =
                FileChannel.open(directory.resolve("log"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertBlocks(Schedulers.parallel(), () -> file.write(ByteBuffer.wrap(new byte[] {1})));
            assertBlocks(Schedulers.parallel(), () -> {
                file.force(false);
                return true;
            });
        }
    }

    @Test
    void eventLoopsAreWatched() {
        LoopResources loops = LoopResources.create("watched", 1, true);
        try {
            assertBlocks(Schedulers.fromExecutor(loops.onServer(false)), () -> {
                TimeUnit.MILLISECONDS.sleep(1);
                return true;
            });
        } finally {
            StepVerifier.create(loops.disposeLater(Duration.ZERO, LIMIT))
                    .expectComplete()
                    .verify(LIMIT);
        }
    }

    @Test
    void everyUseOfRocksDbIsFound() throws RocksDBException {
        byte[] key = {1};
        try (Options options = new Options().setCreateIfMissing(true);
                WriteOptions write = new WriteOptions();
                WriteBatch batch = new WriteBatch();
                FlushOptions flush = new FlushOptions();
                RocksDB db = RocksDB.open(options, directory.resolve("db").toString());
                RocksIterator iterator = db.newIterator()) {
            batch.put(key, key);
            List<Callable<Object>> uses = List.of(
                    () -> RocksDB.open(options, directory.resolve("other").toString()),
                    () -> db.get(key),
                    () -> db.multiGetAsList(List.of(key)),
                    () -> db.newIterator(),
                    () -> run(() -> db.write(write, batch)),
                    () -> run(() -> db.put(key, key)),
                    () -> run(() -> db.flush(flush)),
                    () -> run(() -> db.syncWal()),
                    () -> run(() -> iterator.seek(key)),
                    () -> run(iterator::seekToFirst),
                    () -> run(db::closeE));
            assertThat(uses).allSatisfy(use -> assertBlocks(Schedulers.parallel(), use));

            db.write(write, batch);
            assertThat(db.get(key)).as("elsewhere it works as ever").isEqualTo(key);
            iterator.refresh();
            iterator.seekToFirst();
            assertThat(iterator.value()).isEqualTo(key);
        }
    }

    @Test
    void whatDoesNotWaitIsLeftAlone() {
        StepVerifier.create(Mono.fromCallable(() -> {
                            try (WriteBatch batch = new WriteBatch()) {
                                batch.put(new byte[] {1}, new byte[] {2});
                                return batch.count();
                            }
                        })
                        .zipWith(Mono.fromCallable(UUID::randomUUID))
                        .subscribeOn(Schedulers.parallel()))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
    }

    private static void assertBlocks(Scheduler scheduler, Callable<?> work) {
        StepVerifier.create(Mono.fromCallable(work).subscribeOn(scheduler))
                .expectError(BlockingOperationError.class)
                .verify(LIMIT);
    }

    private static Object run(Action action) throws RocksDBException {
        action.run();
        return true;
    }

    private interface Action {
        void run() throws RocksDBException;
    }
}
