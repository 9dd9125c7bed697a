package dev.sluice.journal.embedded;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The sequence number up to which the log is known to be on stable storage, in a small file beside it. RocksDB numbers
 * all changes of a database in one sequence; a start that finds fewer than were acknowledged detects that something is
 * missing.
 *
 * <p>The file is written after each sync and not synced itself: after a power cut it may lag but is never ahead. Two
 * slots are written in turn, so that one is always intact. The file is locked while the store is open.
 */
final class Watermark implements AutoCloseable {

    static final String NAME = "WATERMARK";

    private static final int SLOT = 64;
    private static final int CHECKED = 48;
    private static final long MAGIC = 0x534c5549434557_01L;

    /**
     * The content of the file.
     *
     * @param opened the sequence number up to which everything was in tables when the store was last opened
     * @param unbroken above this number the logs have no gap; a failed write may leave one
     * @param synced the highest sequence number that was ever acknowledged
     * @param times how often the store was opened; two stores that are opened together have the same
     * @param pending whether the other store may not have counted the last opening yet
     */
    record Mark(long opened, long unbroken, long synced, long times, boolean pending) {

        static final Mark NONE = new Mark(0, 0, 0, 0, false);

        Mark with(long nowUnbroken, long nowSynced) {
            return new Mark(opened, nowUnbroken, nowSynced, times, pending);
        }
    }

    private final Path path;
    private final RandomAccessFile file;
    private final boolean made;
    private final boolean empty;
    private final ByteBuffer slot = ByteBuffer.allocate(SLOT);
    private final CRC32C checksum = new CRC32C();
    private @Nullable FileLock lock;
    private Mark mark = Mark.NONE;
    private int next;
    private boolean written;

    /** Opens the file, creating it if necessary, without writing to it. */
    Watermark(Path directory) throws IOException {
        path = directory.resolve(NAME);
        made = !Files.exists(path);
        file = new RandomAccessFile(path.toFile(), "rw");
        empty = !made && file.length() == 0;
    }

    /** Whether the file did not exist. */
    boolean isMade() {
        return made;
    }

    /** Whether the file was empty: the process was killed after creating it, or an operator truncated it. */
    boolean isEmpty() {
        return empty;
    }

    /** Locks the file until it is closed; false if another process holds the lock. */
    boolean lock() throws IOException {
        try {
            lock = file.getChannel().tryLock();
        } catch (OverlappingFileLockException e) {
            return false; // this process
        }
        return lock != null;
    }

    /** Returns the content; {@link Mark#NONE} if the file did not exist or is empty, null if it is damaged. */
    @Nullable
    Mark read() throws IOException {
        if (made || empty) {
            return mark;
        }
        Mark first = read(0);
        Mark second = read(1);
        if (first == null && second == null) {
            return null;
        }
        next = second == null || (first != null && first.synced >= second.synced) ? 1 : 0;
        mark = next == 1 && first != null ? first : second == null ? Mark.NONE : second;
        return mark;
    }

    Mark mark() {
        return mark;
    }

    /**
     * Records that the store was opened with everything up to a sequence number in tables, and syncs, so that the file
     * has all its blocks from now on.
     */
    void opened(long sequence, long times, boolean pending) throws IOException {
        mark = new Mark(sequence, Math.max(sequence, mark.unbroken), Math.max(sequence, mark.synced), times, pending);
        write();
        write();
        file.getFD().sync();
    }

    /** Records that the other store has counted the opening. */
    void settled() throws IOException {
        opened(mark.opened, mark.times, false);
    }

    /** Records that everything up to a sequence number is on stable storage. */
    void synced(long sequence) throws IOException {
        mark = mark.with(mark.unbroken, sequence);
        write();
    }

    /** Records that there may be gaps up to a sequence number. */
    void broken(long sequence) throws IOException {
        mark = mark.with(sequence, mark.synced);
        write();
    }

    /** Closes the file; removes it if this created it and wrote nothing, so that a refused start changes nothing. */
    @Override
    public void close() throws IOException {
        file.close(); // and with it the lock
        if (made && !written) {
            Files.deleteIfExists(path);
        }
    }

    private @Nullable Mark read(int number) throws IOException {
        if (file.length() < (number + 1L) * SLOT) {
            return null;
        }
        file.seek((long) number * SLOT);
        file.readFully(slot.array());
        boolean whole = slot.getLong(0) == MAGIC && slot.getLong(CHECKED) == checksum();
        return whole
                ? new Mark(slot.getLong(8), slot.getLong(16), slot.getLong(24), slot.getLong(32), slot.getLong(40) == 1)
                : null;
    }

    private void write() throws IOException {
        slot.putLong(0, MAGIC)
                .putLong(8, mark.opened)
                .putLong(16, mark.unbroken)
                .putLong(24, mark.synced)
                .putLong(32, mark.times)
                .putLong(40, mark.pending ? 1 : 0);
        slot.putLong(CHECKED, checksum());
        file.seek((long) next * SLOT);
        file.write(slot.array());
        next = 1 - next;
        written = true;
    }

    private long checksum() {
        checksum.reset();
        checksum.update(slot.array(), 0, CHECKED);
        return checksum.getValue();
    }
}
