package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Monitors free disk space. Below the low-water mark new jobs are refused, so that the results of accepted ones have
 * room. Beneath it there is a reserve: a file that is deleted when space is nearly exhausted, so that jobs can still
 * finish and be erased, which frees space. It is created again when there is enough.
 */
final class DiskSpace implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DiskSpace.class);

    private static final String NAME = "RESERVE";
    private static final long LARGEST = 64L << 20;
    private static final long LARGEST_MARK = 1L << 30;
    private static final int CHUNK = 1 << 20;
    private static final long AT_ONCE = 8L << 20; // a larger step would delay the start
    private static final long DELAY = TimeUnit.SECONDS.toNanos(30);

    private final Path file;
    private final FileStore disk;
    private final long size;
    private final long mark;
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "sluice-journal-disk");
        thread.setDaemon(true);
        return thread;
    });
    private volatile Store.Space space = Store.Space.NORMAL;
    private final long begin = System.nanoTime();
    private volatile boolean closed;
    private @Nullable Future<?> looking;
    private boolean reserved; // guarded by this

    /**
     * Looks at a disk without monitoring it yet.
     *
     * @param minFree the low-water mark in bytes; null for a twentieth of the disk, at most 1 GiB
     */
    DiskSpace(Path directory, @Nullable Long minFree) throws IOException {
        file = directory.resolve(NAME);
        disk = Files.getFileStore(directory);
        size = share(directory);
        long wanted = minFree != null ? minFree : Math.min(LARGEST_MARK, disk.getTotalSpace() / 20);
        mark = Math.max(size, wanted);
        reserved = Files.exists(file) && Files.size(file) == size;
    }

    /** Starts monitoring. */
    void start() {
        looking = watch.scheduleWithFixedDelay(this::look, 0, 1, TimeUnit.SECONDS);
    }

    /** Returns the size of the reserve for a disk, enough to flush memory to tables. */
    static long share(Path directory) throws IOException {
        return Math.min(LARGEST, Files.getFileStore(directory).getTotalSpace() / 8);
    }

    Store.Space space() {
        return space;
    }

    /** Returns how many bytes may be written without using the reserve. */
    long spare() {
        return usable() - size / 2;
    }

    /** Returns how many bytes may be written. */
    long usable() {
        try {
            return disk.getUsableSpace();
        } catch (IOException e) {
            throw new JournalUnavailableException("cannot look at the disk: " + e, e);
        }
    }

    /** Reports a write that failed because the disk is full. */
    synchronized void full() {
        become(Store.Space.SCARCE);
        release();
    }

    @Override
    public void close() {
        closed = true;
        if (looking != null) {
            looking.cancel(true);
        }
        watch.shutdownNow();
        synchronized (this) {
            log.debug("Nothing more is written to {}", file); // whoever was at it has ended
        }
    }

    private void look() {
        try {
            adapt(disk.getUsableSpace());
        } catch (IOException | RuntimeException e) {
            if (closed) {
                return;
            }
            log.warn("Cannot look at the disk, or keep a reserve on it: {}", e.toString());
        }
    }

    private synchronized void adapt(long usable) throws IOException {
        if (closed) {
            return;
        }
        if (usable < size) {
            become(Store.Space.SCARCE);
            if (usable < size / 4) {
                release();
            }
        } else if (!reserved && usable >= 3 * size && (size <= AT_ONCE || System.nanoTime() - begin > DELAY)) {
            reserve();
        } else if (space != Store.Space.SCARCE || (reserved && usable >= size + size / 2)) {
            // A little more than the mark, or it would be crossed with every job.
            long enough = space == Store.Space.NORMAL ? mark : mark + Math.min(mark / 8, size / 2);
            become(usable < enough ? Store.Space.LOW : Store.Space.NORMAL);
        }
    }

    private void become(Store.Space now) {
        if (space != now) {
            space = now;
            switch (now) {
                case NORMAL -> log.info("There is room on the disk of the journal again");
                case LOW ->
                    log.warn(
                            "Less than {} MB are free on the disk of the journal (sluice.journal.min-free): new jobs are"
                                    + " refused, accepted ones go on",
                            mark >> 20);
                case SCARCE ->
                    log.warn(
                            "The disk of the journal is nearly full: new jobs are refused, others end and can be erased");
            }
        }
    }

    private void release() {
        if (reserved) {
            reserved = false;
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                log.warn("Cannot release the reserve on the disk of the journal: {}", e.toString());
            }
        }
    }

    /** Fills the file with incompressible bytes, synced in small steps. */
    private void reserve() throws IOException {
        byte[] chunk = new byte[CHUNK];
        new Random(size).nextBytes(chunk);
        try (var channel = java.nio.channels.FileChannel.open(
                        file,
                        java.nio.file.StandardOpenOption.CREATE,
                        java.nio.file.StandardOpenOption.TRUNCATE_EXISTING,
                        java.nio.file.StandardOpenOption.WRITE);
                OutputStream out = java.nio.channels.Channels.newOutputStream(channel)) {
            for (long left = size; left > 0 && !closed; left -= CHUNK) {
                out.write(chunk, 0, (int) Math.min(CHUNK, left));
                channel.force(false);
            }
        }
        reserved = true;
    }
}
