package dev.sluice.journal.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies all files of a store periodically, at a limited rate: a start reads only the ends of most files, and damage
 * in the middle should be detected before the data is needed.
 */
final class Scrub implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Scrub.class);
    private static final Duration PAUSE = Duration.ofDays(1);
    private static final double NANOS_A_BYTE = 1e9 / (32 << 20); // 32 MB/s

    /** Returns the files in use. */
    @FunctionalInterface
    interface Names {
        List<String> get() throws RocksDBException;
    }

    private final Path directory;
    private final Names names;
    private final Consumer<String> damage;
    private final Thread thread = new Thread(this::run, "sluice-journal-scrub");
    private volatile boolean closed;

    /**
     * Creates a scrub.
     *
     * @param names the files in use
     * @param damage receives each damaged file
     */
    Scrub(Path directory, Names names, Consumer<String> damage) {
        this.directory = directory;
        this.names = names;
        this.damage = damage;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            try {
                readAll();
            } catch (RocksDBException | RuntimeException e) {
                log.debug("A scrub ended early", e); // the store was closed or opened anew
            }
            pause(PAUSE.toNanos());
        }
    }

    /** Reads all files once. */
    void readAll() throws RocksDBException {
        for (String name : names.get()) {
            if (closed) {
                return;
            }
            try {
                read(directory.resolve(name));
            } catch (RocksDBException | IOException e) {
                if (!closed && names.get().contains(name)) { // otherwise it was deleted meanwhile
                    damage.accept("the file " + name + " in " + directory + " is damaged: " + e.getMessage());
                }
            }
        }
    }

    private void read(Path file) throws RocksDBException, IOException {
        if (file.toString().endsWith(".blob")) {
            try (BlobFile blobs = new BlobFile(file)) {
                while (!closed && blobs.next()) {
                    long begin = System.nanoTime();
                    blobs.verify();
                    keepRate(blobs.valueLength(), begin);
                }
            }
        } else if (file.toString().endsWith(".sst")) {
            long begin = System.nanoTime();
            try (Options options = new Options();
                    SstFileReader table = new SstFileReader(options)) {
                table.open(file.toString());
                table.verifyChecksum();
            }
            keepRate(Files.size(file), begin);
        }
    }

    private void keepRate(long bytes, long begin) {
        pause((long) (bytes * NANOS_A_BYTE) - (System.nanoTime() - begin));
    }

    private void pause(long nanos) {
        long begin = System.nanoTime();
        for (long left = nanos; left > 0 && !closed; left = nanos - (System.nanoTime() - begin)) {
            LockSupport.parkNanos(this, left);
        }
    }
}
