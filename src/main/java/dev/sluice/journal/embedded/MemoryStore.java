package dev.sluice.journal.embedded;

import dev.sluice.journal.JournalUnavailableException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/** A store in memory. Nothing survives the process; writes fail only if the budget is exhausted. */
final class MemoryStore implements Store {

    /** The approximate overhead of a row in bytes. */
    private static final long BYTES_PER_ROW = 96;

    private final MemoryBudget budget;
    private final Map<Table, NavigableMap<byte[], byte[]>> tables = new EnumMap<>(Table.class);
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    MemoryStore(MemoryBudget budget) {
        this.budget = budget;
        for (Table table : Table.values()) {
            tables.put(table, new TreeMap<>(Arrays::compareUnsigned));
        }
    }

    @Override
    public byte @Nullable [] get(Table table, byte[] key) {
        lock.readLock().lock();
        try {
            byte[] value = rows(table).get(key);
            return value == null ? null : value.clone();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void scan(Table table, byte[] from, byte @Nullable [] to, Row row) {
        lock.readLock().lock();
        try {
            for (Map.Entry<byte[], byte[]> entry : range(table, from, to).entrySet()) {
                if (!row.take(entry.getKey(), entry.getValue().clone())) {
                    return;
                }
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public Cursor descending(Table table, byte[] from, byte @Nullable [] to) {
        lock.readLock().lock();
        try {
            return new MemoryCursor(
                    range(table, from, to).descendingMap().entrySet().iterator());
        } catch (RuntimeException e) {
            lock.readLock().unlock();
            throw e;
        }
    }

    @Override
    public Batch batch() {
        return new MemoryBatch();
    }

    @Override
    public void write(Batch batch, boolean sync) {
        lock.writeLock().lock();
        try {
            ((MemoryBatch) batch).apply();
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public void recover() {
        // Nothing fails that could be repaired.
    }

    @Override
    public Space space() {
        return budget.isLow() ? Space.LOW : Space.NORMAL;
    }

    @Override
    public void admitNew(long bytes) {
        budget.admitNew(bytes);
    }

    @Override
    public void admit(long bytes) {
        budget.admit(bytes);
    }

    @Override
    public @Nullable String damage() {
        return null;
    }

    @Override
    public void sweep(Instant now) {
        // What is deleted is gone.
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            closed = true;
        } finally {
            lock.writeLock().unlock();
        }
    }

    private NavigableMap<byte[], byte[]> rows(Table table) {
        if (closed) {
            throw new JournalUnavailableException("the store is closed", null);
        }
        return tables.getOrDefault(table, new TreeMap<>(Arrays::compareUnsigned));
    }

    private NavigableMap<byte[], byte[]> range(Table table, byte[] from, byte @Nullable [] to) {
        NavigableMap<byte[], byte[]> tail = rows(table).tailMap(from, true);
        return to == null
                ? tail
                : Arrays.compareUnsigned(from, to) < 0
                        ? tail.headMap(to, false)
                        : new TreeMap<>(Arrays::compareUnsigned);
    }

    private static long bytes(byte[] key, byte[] value) {
        return key.length + value.length + BYTES_PER_ROW;
    }

    private final class MemoryBatch implements Batch {

        private final List<Runnable> changes = new ArrayList<>();
        private long reserved; // so that changes of one group see what the ones before them take

        @Override
        public void put(Table table, byte[] key, byte[] value) {
            reserved += bytes(key, value);
            budget.take(bytes(key, value));
            changes.add(() -> {
                byte[] before = rows(table).put(key, value);
                if (before != null) {
                    budget.giveBack(bytes(key, before));
                }
            });
        }

        @Override
        public void delete(Table table, byte[] key) {
            changes.add(() -> remove(table, key));
        }

        @Override
        public void deleteRange(Table table, byte[] from, byte[] to) {
            changes.add(() -> List.copyOf(range(table, from, to).keySet()).forEach(key -> remove(table, key)));
        }

        @Override
        public boolean isEmpty() {
            return changes.isEmpty();
        }

        @Override
        public void close() {
            budget.giveBack(reserved);
            reserved = 0;
        }

        void apply() {
            reserved = 0; // the rows have it from now on
            changes.forEach(Runnable::run);
        }

        private void remove(Table table, byte[] key) {
            byte[] before = rows(table).remove(key);
            if (before != null) {
                budget.giveBack(bytes(key, before));
            }
        }
    }

    /** Holds the lock for reading, so that nothing changes beneath it. */
    private final class MemoryCursor implements Cursor {

        private final Iterator<Map.Entry<byte[], byte[]>> rows;
        private Map.@Nullable Entry<byte[], byte[]> row;

        MemoryCursor(Iterator<Map.Entry<byte[], byte[]>> rows) {
            this.rows = rows;
            next();
        }

        @Override
        public boolean isValid() {
            return row != null;
        }

        @Override
        public byte[] key() {
            return current().getKey();
        }

        @Override
        public byte[] value() {
            return current().getValue().clone();
        }

        @Override
        public void next() {
            row = rows.hasNext() ? rows.next() : null;
        }

        @Override
        public void close() {
            lock.readLock().unlock();
        }

        private Map.Entry<byte[], byte[]> current() {
            if (row == null) {
                throw new IllegalStateException("the cursor is at no row");
            }
            return row;
        }
    }
}
