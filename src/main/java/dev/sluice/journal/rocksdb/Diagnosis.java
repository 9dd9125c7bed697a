package dev.sluice.journal.rocksdb;

import dev.sluice.journal.JournalUnavailableException;
import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** Says in an operator's words what RocksDB reports. */
final class Diagnosis {

    private Diagnosis() {}

    /** Why the database in this directory cannot be opened, and what to do. */
    static JournalUnavailableException ofOpening(Path path, RocksDBException error) {
        return new JournalUnavailableException(
                "The journal in " + path.toAbsolutePath() + " cannot be opened: " + advice(error) + " (RocksDB: "
                        + error.getMessage() + ")",
                error);
    }

    /** Why a write failed. */
    static String ofWriting(RocksDBException error) {
        return "cannot write: " + advice(error) + " (RocksDB: " + error.getMessage() + ")";
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
        if (text.contains("lock")) {
            return "another process, or another journal of this one, has it open."
                    + " Stop that one or set sluice.journal.path to a directory of its own.";
        } else if (text.contains("No space left") || text.contains("File too large")) {
            return "the disk is full. Free some space.";
        } else if (text.contains("Read-only file system")
                || text.contains("Permission denied")
                || text.contains("AccessDenied")) {
            return "the directory cannot be written. Make it writable for this user or change sluice.journal.path.";
        } else if (text.contains("Not a directory") || text.contains("FileAlreadyExists")) {
            return "the path is not a directory. Change sluice.journal.path.";
        } else if (code == Status.Code.Corruption || text.contains("Corruption")) {
            return "a file is damaged. Restore the directory from a copy, or move it away to begin with an empty one;"
                    + " nothing was changed.";
        }
        return "the storage reports an error. Look at the disk and at the file LOG in that directory.";
    }
}
