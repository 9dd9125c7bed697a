package dev.sluice.journal.embedded;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** An open database with the handles of its tables. */
final class RocksDatabase implements AutoCloseable {

    private final RocksDB db;
    private final Map<Table, ColumnFamilyHandle> tables = new EnumMap<>(Table.class);
    private final RocksSettings settings;

    private RocksDatabase(RocksDB db, List<Table> order, List<ColumnFamilyHandle> handles, RocksSettings settings) {
        this.db = db;
        this.settings = settings;
        for (int i = 0; i < order.size(); i++) {
            tables.put(order.get(i), handles.get(i));
        }
    }

    /**
     * Opens a database.
     *
     * @param create whether to create a missing one
     */
    static RocksDatabase open(Path path, RocksKind kind, RocksSettings settings, boolean create)
            throws RocksDBException {
        DBOptions options = settings.ofDatabase().setCreateIfMissing(create).setCreateMissingColumnFamilies(true);
        return open(kind, settings, (tables, handles) -> RocksDB.open(options, path.toString(), tables, handles));
    }

    /** Opens a database read-only, which needs no disk space. */
    static RocksDatabase openToRead(Path path, RocksKind kind, RocksSettings settings) throws RocksDBException {
        DBOptions options = settings.ofReading();
        return open(
                kind, settings, (tables, handles) -> RocksDB.openReadOnly(options, path.toString(), tables, handles));
    }

    @FunctionalInterface
    private interface Opening {
        RocksDB open(List<ColumnFamilyDescriptor> tables, List<ColumnFamilyHandle> handles) throws RocksDBException;
    }

    private static RocksDatabase open(RocksKind kind, RocksSettings settings, Opening opening) throws RocksDBException {
        List<Table> order = List.copyOf(kind.tables());
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        for (Table table : order) {
            descriptors.add(new ColumnFamilyDescriptor(
                    table.label().getBytes(java.nio.charset.StandardCharsets.US_ASCII), settings.of(table)));
        }
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            return new RocksDatabase(opening.open(descriptors, handles), order, handles, settings);
        } catch (RocksDBException e) {
            settings.release();
            throw e;
        }
    }

    RocksDB db() {
        return db;
    }

    Map<Table, ColumnFamilyHandle> tables() {
        return tables;
    }

    ColumnFamilyHandle table(Table table) {
        return Objects.requireNonNull(tables.get(table), () -> "this store has no table " + table);
    }

    @Override
    public void close() {
        tables.values().forEach(ColumnFamilyHandle::close);
        db.close();
        settings.release();
    }
}
