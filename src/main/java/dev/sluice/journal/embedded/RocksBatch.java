package dev.sluice.journal.embedded;

import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** A batch for one {@link RocksStore}. Column families are named by number, which stays the same when one is opened anew. */
final class RocksBatch implements Store.Batch {

    private final RocksStore store;
    private final WriteBatch writes = new WriteBatch();

    RocksBatch(RocksStore store) {
        this.store = store;
    }

    @Override
    public void put(Table table, byte[] key, byte[] value) {
        add(table, handle -> writes.put(handle, key, value));
    }

    @Override
    public void delete(Table table, byte[] key) {
        store.deleted();
        add(table, handle -> writes.delete(handle, key));
    }

    @Override
    public void deleteRange(Table table, byte[] from, byte[] to) {
        store.deleted();
        add(table, handle -> writes.deleteRange(handle, from, to));
    }

    @Override
    public boolean isEmpty() {
        return writes.count() == 0;
    }

    WriteBatch writes() {
        return writes;
    }

    @Override
    public void close() {
        writes.close();
    }

    @FunctionalInterface
    private interface Addition {
        void to(ColumnFamilyHandle handle) throws RocksDBException;
    }

    private void add(Table table, Addition addition) {
        store.adding(table, handle -> {
            try {
                addition.to(handle);
            } catch (RocksDBException e) {
                throw Diagnosis.ofWriting(e);
            }
        });
    }
}
