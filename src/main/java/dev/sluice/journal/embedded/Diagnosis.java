package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** Translates errors of RocksDB into messages for operators. */
final class Diagnosis {

    static final String RESTORE = "Restore the directory from a copy, or move it away to begin with an empty one.";

    static final String UNCHECKED = "If no other file is damaged or missing, make it an empty file, here and in "
            + RocksStores.BODIES + ", to start without that check.";

    private static final String LOCKED = "another process, or another journal of this one, has it open."
            + " Stop that one or set sluice.journal.path to a directory of its own.";

    private static final Pattern LOG = Pattern.compile("log number:? ([0-9]{1,18})");
    private static final Pattern FILE = Pattern.compile("[0-9]{6,18}\\.(sst|blob|log)|MANIFEST-[0-9]{6,18}|CURRENT");

    private Diagnosis() {}

    /** Explains why the database in this directory cannot be opened, and what to do. */
    static JournalUnavailableException ofOpening(Path path, RocksDBException error) {
        return new JournalUnavailableException(
                "The journal in " + path.toAbsolutePath() + " cannot be opened: " + advice(error) + told(error), error);
    }

    /** Likewise for an I/O error of its files. */
    static JournalUnavailableException ofOpening(Path path, IOException error) {
        return ofOpening(path, new RocksDBException(error.toString()));
    }

    static JournalUnavailableException ofLock(Path path) {
        return new JournalUnavailableException(
                "The journal in " + path.toAbsolutePath() + " cannot be opened: " + LOCKED, null);
    }

    static JournalUnavailableException ofWriting(RocksDBException error) {
        return new JournalUnavailableException("cannot write: " + advice(error) + told(error), error);
    }

    static JournalUnavailableException ofReading(RocksDBException error) {
        return new JournalUnavailableException("cannot read: " + advice(error) + told(error), error);
    }

    static JournalUnavailableException ofSweeping(RocksDBException error) {
        return new JournalUnavailableException(
                "cannot sweep out what was erased: " + advice(error) + told(error), error);
    }

    /** Describes damage found in a file before the database was opened. */
    static JournalUnavailableException ofDamage(Path directory, String what) {
        return new JournalUnavailableException(
                "The journal in " + directory.toAbsolutePath() + " cannot be opened: " + what + " " + RESTORE
                        + " Nothing was changed.",
                null);
    }

    /** The watermark file is missing, although files written with it exist. */
    static JournalUnavailableException ofMissingWatermark(Path directory) {
        return ofDamage(
                directory,
                "the file " + Watermark.NAME + " is missing, which tells how far the log was written. " + UNCHECKED);
    }

    /** Whether the error means damaged data. */
    static boolean isDamage(RocksDBException error) {
        Status status = error.getStatus();
        return (status != null && status.getCode() == Status.Code.Corruption)
                || String.valueOf(error.getMessage()).startsWith("Corruption");
    }

    /** Whether the error means a full disk. */
    static boolean isFull(RocksDBException error) {
        Status status = error.getStatus();
        String text = String.valueOf(error.getMessage());
        return (status != null && status.getSubCode() == Status.SubCode.NoSpace)
                || text.contains("No space left")
                || text.contains("File too large")
                || text.contains("Disk quota exceeded");
    }

    /** Whether a write was rejected because the disk does not keep up. */
    static boolean isStalled(RocksDBException error) {
        Status status = error.getStatus();
        return status != null && status.getCode() == Status.Code.Incomplete;
    }

    static void closing(AutoCloseable handle) {
        try {
            handle.close();
        } catch (Exception e) {
            throw new IllegalStateException("a native handle could not be closed", e);
        }
    }

    private static String advice(RocksDBException error) {
        String text = String.valueOf(error.getMessage());
        Status status = error.getStatus();
        Status.Code code = status == null ? Status.Code.Undefined : status.getCode();
        if (isDamage(error)) {
            return "the file " + file(text) + " is damaged, missing or of another time. " + RESTORE;
        } else if (isFull(error)) {
            return "the disk is full. Free some space.";
        } else if (isStalled(error)) {
            return "the disk does not keep up with what is written, or is full.";
        } else if (text.contains("lock hold by current process") || text.contains("While lock file")) {
            return LOCKED;
        } else if (text.contains("Read-only file system")
                || text.contains("Permission denied")
                || text.contains("AccessDenied")) {
            return "the directory cannot be written. Make it writable for this user or change sluice.journal.path.";
        } else if (text.contains("Not a directory") || text.contains("FileAlreadyExists")) {
            return "the path is not a directory. Change sluice.journal.path.";
        } else if (code == Status.Code.NotFound || text.contains("No such file")) {
            return "the file " + file(text) + " is missing. " + RESTORE;
        } else if (text.contains("newer") || text.contains("Column families not opened")) {
            return "it was written by a newer version of the storage. Run that version.";
        }
        return "the storage reports an error. Look at the disk and at the file LOG in that directory.";
    }

    /** Returns the file that a message of RocksDB is about: the data file that it names rather than the manifest. */
    private static String file(String text) {
        Matcher log = LOG.matcher(text);
        if (log.find()) {
            return String.format(Locale.ROOT, "%06d.log", Long.parseLong(log.group(1)));
        }
        Matcher file = FILE.matcher(text);
        return file.find() ? file.group() : "that RocksDB names";
    }

    private static String told(RocksDBException error) {
        return " (RocksDB: " + error.getMessage() + ")";
    }
}
