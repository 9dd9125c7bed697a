package dev.sluice.journal.embedded;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store that knows what a power cut would leave: what was written up to the last sync. */
final class PowerCutStore implements Store {

    private final MemoryBudget budget = new MemoryBudget(Long.MAX_VALUE);
    private final MemoryStore written = new MemoryStore(budget);
    private final MemoryStore stable = new MemoryStore(budget);
    private final List<List<Consumer<Batch>>> sinceSync = new ArrayList<>();

    /** What is left when the power is cut now. */
    synchronized PowerCutStore cut() {
        PowerCutStore left = new PowerCutStore();
        for (Table table : Table.values()) {
            try (Batch batch = left.batch()) {
                stable.scan(table, new byte[0], null, (key, value) -> {
                    batch.put(table, key, value);
                    return true;
                });
                left.write(batch, true);
            }
        }
        return left;
    }

    @Override
    public byte @Nullable [] get(Table table, byte[] key) {
        return written.get(table, key);
    }

    @Override
    public void scan(Table table, byte[] from, byte @Nullable [] to, Row row) {
        written.scan(table, from, to, row);
    }

    @Override
    public Cursor descending(Table table, byte[] from, byte @Nullable [] to) {
        return written.descending(table, from, to);
    }

    @Override
    public Batch batch() {
        return new Recorded();
    }

    @Override
    public synchronized void write(Batch batch, boolean sync) {
        List<Consumer<Batch>> changes = ((Recorded) batch).changes;
        apply(changes, written);
        sinceSync.add(List.copyOf(changes));
        if (sync) {
            sinceSync.forEach(one -> apply(one, stable));
            sinceSync.clear();
        }
    }

    @Override
    public void recover() {}

    @Override
    public Space space() {
        return Space.NORMAL;
    }

    @Override
    public @Nullable String damage() {
        return null;
    }

    @Override
    public void sweep(Instant now) {}

    @Override
    public void close() {}

    private static void apply(List<Consumer<Batch>> changes, MemoryStore store) {
        try (Batch batch = store.batch()) {
            changes.forEach(change -> change.accept(batch));
            store.write(batch, true);
        }
    }

    private static final class Recorded implements Batch {

        private final List<Consumer<Batch>> changes = new ArrayList<>();

        @Override
        public void put(Table table, byte[] key, byte[] value) {
            changes.add(batch -> batch.put(table, key, value));
        }

        @Override
        public void delete(Table table, byte[] key) {
            changes.add(batch -> batch.delete(table, key));
        }

        @Override
        public void deleteRange(Table table, byte[] from, byte[] to) {
            changes.add(batch -> batch.deleteRange(table, from, to));
        }

        @Override
        public boolean isEmpty() {
            return changes.isEmpty();
        }

        @Override
        public void close() {}
    }
}
