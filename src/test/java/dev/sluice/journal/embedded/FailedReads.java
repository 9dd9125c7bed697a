package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A store of which some rows cannot be read, or not before something else has happened. */
final class FailedReads implements Store {

    private final Store store;
    private volatile @Nullable Table table;
    private volatile byte[] prefix = CommitGroup.NOTHING;

    private final AtomicReference<@Nullable Runnable> meanwhile = new AtomicReference<>();

    FailedReads(Store store) {
        this.store = store;
    }

    /** From now on only rows with this prefix cannot be read. */
    void fail(@Nullable Table inTable, byte[] from) {
        prefix = from;
        table = inTable;
    }

    /** Does something once, before rows of the history of a job are read. */
    void beforeEvents(Runnable what) {
        meanwhile.set(what);
    }

    private void check(Table from, byte[] key) {
        byte[] failing = prefix;
        if (from == table
                && key.length >= failing.length
                && Arrays.equals(key, 0, failing.length, failing, 0, failing.length)) {
            throw new JournalUnavailableException("cannot read", null);
        }
    }

    @Override
    public byte @Nullable [] get(Table from, byte[] of) {
        check(from, of);
        return store.get(from, of);
    }

    @Override
    public void write(Batch batch, boolean sync) {
        store.write(batch, sync);
    }

    @Override
    public void scan(Table from, byte[] first, byte @Nullable [] to, Row row) {
        check(from, first);
        Runnable once = from == Table.EVENTS ? meanwhile.getAndSet(null) : null;
        if (once != null) {
            once.run();
        }
        store.scan(from, first, to, row);
    }

    @Override
    public Cursor descending(Table from, byte[] first, byte @Nullable [] to) {
        return store.descending(from, first, to);
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
