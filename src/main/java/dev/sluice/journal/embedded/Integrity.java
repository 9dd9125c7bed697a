package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractWalFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WalProcessingOption;
import org.rocksdb.WriteBatch;

/**
 * Verifies, before RocksDB may change anything, that a directory still contains everything that was acknowledged.
 * RocksDB itself would recover what it can of a damaged log and delete the rest.
 *
 * <p>The manifest and the tables are verified by opening the database read-only without logs; the logs are read by
 * {@link LogReader}. Together they must reach the {@link Watermark}.
 */
final class Integrity {

    private static final String CURRENT = "CURRENT";

    private final Path directory;
    private final Watermark.Mark mark;

    Integrity(Path directory, Watermark.Mark mark) {
        this.directory = directory;
        this.mark = mark;
    }

    /** Whether the directory contains a database or remains of one. */
    static boolean isStore(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(Integrity::name)
                    .anyMatch(name -> name.equals(CURRENT)
                            || name.startsWith("MANIFEST-")
                            || name.endsWith(".sst")
                            || name.endsWith(".blob")
                            || name.endsWith(".log"));
        }
    }

    /**
     * Checks an existing database.
     *
     * @return the highest sequence number found
     * @throws JournalUnavailableException if something is damaged or missing; the message says what
     */
    long check() throws IOException, RocksDBException {
        if (!Files.exists(directory.resolve(CURRENT))) {
            throw damage("the file CURRENT is missing, beside other files of a database.");
        }
        Manifest manifest = manifest();
        if (manifest.sequence < mark.opened()) {
            throw damage("the manifest or the file CURRENT is of another time than the rest: it knows of change "
                    + manifest.sequence + " and before, and " + mark.opened() + " was in tables.");
        }
        for (String file : manifest.files) {
            if (file.endsWith(".blob")) {
                BlobFile.checkEnds(directory, directory.resolve(name(Path.of(file))));
            }
        }
        return logs(manifest);
    }

    /** The content of the manifest: the highest sequence number in tables, the first log needed, the files. */
    private record Manifest(long sequence, long firstLog, List<String> files) {}

    private Manifest manifest() throws RocksDBException {
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (Options names = new Options();
                NoReplay noReplay = new NoReplay();
                DBOptions options = RocksSettings.options()) {
            options.setWalFilter(noReplay);
            List<ColumnFamilyDescriptor> tables = new ArrayList<>();
            for (byte[] table : RocksDB.listColumnFamilies(names, directory.toString())) {
                tables.add(new ColumnFamilyDescriptor(table));
            }
            if (tables.isEmpty()) {
                throw damage("the file CURRENT or the manifest is damaged or missing.");
            }
            try (RocksDB db = RocksDB.openReadOnly(options, directory.toString(), tables, handles)) {
                Manifest found = new Manifest(
                        db.getLatestSequenceNumber(),
                        db.getLongProperty("rocksdb.min-log-number-to-keep"),
                        db.getLiveFiles(false).files);
                handles.forEach(ColumnFamilyHandle::close);
                return found;
            }
        }
    }

    /** Keeps logs from being read into memory. */
    private static final class NoReplay extends AbstractWalFilter {

        @Override
        public void columnFamilyLogNumberMap(Map<Integer, Long> numbers, Map<String, Integer> names) {
            // nothing to prepare
        }

        @Override
        public LogRecordFoundResult logRecordFound(long log, String file, WriteBatch batch, WriteBatch changed) {
            return new LogRecordFoundResult(WalProcessingOption.STOP_REPLAY, false);
        }

        @Override
        public String name() {
            return "no-replay";
        }
    }

    /** Reads the logs from the first one needed to the end of the last complete batch. */
    private long logs(Manifest manifest) throws IOException {
        long reached = 0;
        Path before = null;
        String broken = null;
        for (var log : logFiles().tailMap(manifest.firstLog).entrySet()) {
            LogReader.Contents contents = LogReader.read(log.getValue(), log.getKey());
            if (contents.first() > 0) {
                long expected = before == null ? manifest.sequence : reached;
                if (contents.first() > expected + 1 && contents.first() > mark.unbroken() + 1) {
                    broken = broken != null
                            ? broken
                            : "the log before " + name(log.getValue()) + " is missing or of another time.";
                    break;
                }
                reached = Math.max(reached, contents.last());
                broken = null;
                before = log.getValue();
            }
            if (contents.why() != null) {
                broken = "the log " + name(log.getValue()) + " is damaged at byte " + contents.end() + ": "
                        + contents.why() + ".";
            }
        }
        long found = before == null ? manifest.sequence : reached;
        if (found < mark.synced()) {
            throw damage((broken != null ? broken : missing(before)) + " The last "
                    + (mark.synced() - found) + " of " + mark.synced()
                    + " changes that were acknowledged are missing.");
        }
        if (broken != null && found < manifest.sequence) {
            throw damage(broken + " Tables hold changes that were made after that.");
        }
        return found;
    }

    private static String missing(@Nullable Path last) {
        return last == null
                ? "no log (*.log) is there, or it is of another time."
                : "the log " + name(last) + " ends too early: it is of another time, or the one behind it is missing.";
    }

    private SortedMap<Long, Path> logFiles() throws IOException {
        SortedMap<Long, Path> logs = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> name(file).matches("[0-9]+\\.log"))
                    .forEach(file -> logs.put(
                            Long.parseLong(name(file).substring(0, name(file).length() - 4)), file));
        }
        return logs;
    }

    private JournalUnavailableException damage(String what) {
        return Diagnosis.ofDamage(directory, what);
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }
}
