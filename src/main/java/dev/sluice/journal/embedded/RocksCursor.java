package dev.sluice.journal.embedded;

import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/** Scans a table in descending order. Keeps the database open until it is closed. */
final class RocksCursor implements Store.Cursor {

    private final ReadOptions read = new ReadOptions();
    private final Slice lower;
    private final @Nullable Slice upper;
    private final RocksIterator rows;
    private final Runnable closed;

    RocksCursor(RocksDB db, ColumnFamilyHandle table, byte[] from, byte @Nullable [] to, Runnable closed) {
        this.closed = closed;
        lower = new Slice(from);
        upper = to == null ? null : new Slice(to);
        read.setIterateLowerBound(lower);
        if (upper != null) {
            read.setIterateUpperBound(upper);
        }
        rows = db.newIterator(table, read);
        rows.seekToLast();
    }

    @Override
    public boolean isValid() {
        if (rows.isValid()) {
            return true;
        }
        try {
            rows.status(); // an iterator that meets a damaged block is no longer valid
        } catch (RocksDBException e) {
            throw Diagnosis.ofReading(e);
        }
        return false;
    }

    @Override
    public byte[] key() {
        return rows.key();
    }

    @Override
    public byte[] value() {
        return rows.value();
    }

    @Override
    public void next() {
        rows.prev();
    }

    @Override
    public void close() {
        rows.close();
        read.close();
        lower.close();
        if (upper != null) {
            upper.close();
        }
        closed.run();
    }
}
