package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Cache;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The directory of one database: locks it, verifies its content, and opens and reopens the database. */
final class RocksDirectory implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RocksDirectory.class);

    private final Path path;
    private final RocksKind kind;
    private final RocksSettings settings;
    private final Watermark watermark;
    private boolean existing;
    private long found; // the highest sequence number, before it was opened

    private RocksDirectory(Path path, RocksKind kind, Cache cache, Watermark watermark) throws IOException {
        this.path = path;
        this.kind = kind;
        this.watermark = watermark;
        this.settings = new RocksSettings(kind, cache, DiskSpace.share(path));
    }

    /**
     * Locks an existing directory and verifies its content. Nothing is changed before {@link #open}.
     *
     * @throws JournalUnavailableException if it cannot be opened; the message says what to do
     */
    static RocksDirectory check(Path path, RocksKind kind, Cache cache) {
        Watermark watermark = null;
        try {
            watermark = new Watermark(path);
            if (!watermark.lock()) {
                throw Diagnosis.ofLock(path);
            }
            RocksDirectory directory = new RocksDirectory(path, kind, cache, watermark);
            try {
                directory.check();
                return directory;
            } catch (IOException | RocksDBException | RuntimeException e) {
                directory.settings.close();
                throw e;
            }
        } catch (RocksDBException e) {
            throw abandoned(watermark, Diagnosis.ofOpening(path, e));
        } catch (IOException e) {
            throw abandoned(watermark, Diagnosis.ofOpening(path, e));
        } catch (RuntimeException e) {
            throw abandoned(watermark, e);
        }
    }

    private static RuntimeException abandoned(@Nullable Watermark watermark, RuntimeException reason) {
        try {
            if (watermark != null) {
                watermark.close();
            }
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
        return reason;
    }

    private void check() throws IOException, RocksDBException {
        Watermark.Mark mark = watermark.read();
        if (mark == null) {
            throw Diagnosis.ofDamage(
                    path,
                    "the file " + Watermark.NAME + " is damaged, which tells how far the log was written. "
                            + Diagnosis.UNCHECKED);
        }
        existing = Integrity.isStore(path);
        if (existing && watermark.isEmpty()) {
            log.warn(
                    "{} in {} is empty: nobody can tell whether all that was acknowledged is there",
                    Watermark.NAME,
                    path);
        }
        found = existing ? new Integrity(path, mark).check() : 0;
    }

    /**
     * Returns whether the database had no watermark, because an earlier version wrote it or because the file was
     * removed.
     */
    boolean isUnmarked() {
        return existing && watermark.isMade();
    }

    Watermark watermark() {
        return watermark;
    }

    RocksSettings settings() {
        return settings;
    }

    RocksKind kind() {
        return kind;
    }

    Path path() {
        return path;
    }

    /**
     * Opens the database, creating it if necessary.
     *
     * @param times how often it was opened, with this time
     * @param pending whether another one has still to be opened with it
     */
    RocksDatabase open(long times, boolean pending) throws IOException, RocksDBException {
        RocksDatabase opened = RocksDatabase.open(path, kind, settings, !existing);
        long recovered = opened.db().getLatestSequenceNumber();
        if (recovered < found) {
            opened.close();
            throw Diagnosis.ofDamage(
                    path, "of " + found + " changes in it only " + recovered + " could be read from the log.");
        }
        watermark.opened(found, times, pending);
        return opened;
    }

    /** Verifies and reopens the database after it was closed. */
    RocksDatabase openAgain() throws IOException, RocksDBException {
        check();
        return open(watermark.mark().times(), false);
    }

    /** Opens read-only a database that cannot be opened for writing; null if that fails, too. */
    @Nullable
    RocksDatabase openToRead() {
        try {
            return RocksDatabase.openToRead(path, kind, settings);
        } catch (RocksDBException e) {
            log.error("The journal in {} can neither be written nor read: {}", path, e.getMessage());
            return null;
        }
    }

    /** Unlocks the directory. The database must be closed before. */
    @Override
    public void close() throws IOException {
        settings.close();
        watermark.close();
    }
}
