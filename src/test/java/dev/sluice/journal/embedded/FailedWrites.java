package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A store that now and then writes what it is asked to, and fails. */
final class FailedWrites implements Store {

    private final Store store;
    private volatile boolean fails;

    FailedWrites(Store store) {
        this.store = store;
    }

    /** The next write fails, and what is written to roll it back does not. */
    void failNext() {
        fails = true;
    }

    @Override
    public void write(Batch batch, boolean sync) {
        store.write(batch, sync);
        if (fails) {
            fails = false;
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
