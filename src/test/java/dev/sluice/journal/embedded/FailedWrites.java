package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A store that writes what it is asked to, and fails. What is written to roll that back succeeds. */
record FailedWrites(Store store, boolean[] failed) implements Store {

    FailedWrites(Store store) {
        this(store, new boolean[1]);
    }

    @Override
    public void write(Batch batch, boolean sync) {
        store.write(batch, sync);
        if (!failed[0]) {
            failed[0] = true;
            throw new JournalUnavailableException("cannot write", null);
        }
    }

    @Override
    public byte @Nullable [] get(Table table, byte[] key) {
        return store.get(table, key);
    }

    @Override
    public void scan(Table table, byte[] from, byte @Nullable [] to, Row row) {
        store.scan(table, from, to, row);
    }

    @Override
    public Cursor descending(Table table, byte[] from, byte @Nullable [] to) {
        return store.descending(table, from, to);
    }

    @Override
    public Batch batch() {
        return store.batch();
    }

    @Override
    public void recover() {}

    @Override
    public Space space() {
        return store.space();
    }

    @Override
    public @Nullable String damage() {
        return null;
    }

    @Override
    public void sweep(Instant now) {}

    @Override
    public void close() {
        store.close();
    }
}
